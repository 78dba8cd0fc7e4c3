import type { AuditReport } from '../model/audit.ts';
import { messageOf, PosternError } from '../model/errors.ts';
import type { ServerSettings } from './client.ts';
import { MAX_WAITING, type Outbox, type Waiting } from './outbox.ts';

/** Between failures: from a second to five minutes, doubled each time, and half of it by chance. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;
/** Of the server that was never reached. */
const DEFAULTS = { helloSeconds: 300, auditSeconds: 21_600 };

export interface AgentWorld {
  /** Audits this host. */
  readonly audit: () => Promise<AuditReport>;
  /** The same text, the same listeners and rules. */
  readonly fingerprint: () => Promise<string>;
  readonly client: {
    hello(): Promise<ServerSettings>;
    send(body: Uint8Array, ageMs: number): Promise<void>;
  };
  readonly outbox: Outbox;
  /** Between two looks at listeners and rules, ms. */
  readonly pollMs: number;
  readonly signal: AbortSignal;
  /** Tells people: a line. */
  readonly say: (line: string) => void;
  /** Steady, ms: unlike the time of day it never jumps. It goes on while the machine sleeps. */
  readonly clock: () => number;
  /** The time of day, ms. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly chance: () => number;
  /** Waits until it is worth looking again whether there is something to do, or for the signal. */
  readonly rest: () => Promise<void>;
}

/**
 * Audits this host when something changed, and as often as the server wants, and sends what came of
 * it, until the signal. Throws AGENT_REVOKED; whatever else fails is told and tried again.
 */
export async function runAgent(world: AgentWorld): Promise<void> {
  const ages = new Ages(world);
  const watch = new Watch(world, ages);
  const talk = new Talk(world, ages);
  while (!world.signal.aborted) {
    if (await watch.turn(talk.settings.auditSeconds * 1000)) talk.hurry();
    await talk.turn();
    await world.rest();
  }
}

/**
 * How old audits are. The time of day may be set between making and sending one, as where it is only
 * learnt from the network after a start: of those that this process made the steady clock tells.
 */
class Ages {
  readonly #world: AgentWorld;
  readonly #made = new Map<string, number>();

  constructor(world: AgentWorld) {
    this.#world = world;
  }

  note(id: string): void {
    this.#made.set(id, this.#world.clock());
    const [oldest] = this.#made.keys();
    if (this.#made.size > MAX_WAITING && oldest !== undefined) this.#made.delete(oldest);
  }

  of({ id, madeAt }: Waiting): number {
    const { clock, now } = this.#world;
    const made = this.#made.get(id);
    return made === undefined ? now() - madeAt : clock() - made;
  }
}

/** Notices that it is time for an audit. */
class Watch {
  readonly #world: AgentWorld;
  readonly #ages: Ages;
  #fingerprint = '';
  #pollAt = 0;
  #auditedAt = Number.NEGATIVE_INFINITY;

  constructor(world: AgentWorld, ages: Ages) {
    this.#world = world;
    this.#ages = ages;
    this.#pollAt = world.clock();
  }

  /** Resolves to whether there is a new audit in the outbox. */
  async turn(auditMs: number): Promise<boolean> {
    const { clock, pollMs, fingerprint, audit, outbox, say } = this.#world;
    if (clock() < this.#pollAt) return false;
    this.#pollAt = clock() + pollMs;
    try {
      // taken before the audit: what changes meanwhile is noticed next time
      const print = await fingerprint();
      if (print === this.#fingerprint && clock() - this.#auditedAt < auditMs) return false;
      const report = await audit();
      this.#ages.note(report.audit.id);
      await outbox.put(report);
      this.#fingerprint = print;
      this.#auditedAt = clock();
      return true;
    } catch (error) {
      say(`the audit failed, and will be tried again: ${messageOf(error)}`);
      return false;
    }
  }
}

/** Speaks with the server, and no more often than it bears. */
class Talk {
  readonly #world: AgentWorld;
  readonly #ages: Ages;
  settings: Pick<ServerSettings, 'helloSeconds' | 'auditSeconds'> = DEFAULTS;
  #failures = 0;
  #notBefore = 0;
  #helloAt = 0;
  #pending = true;

  constructor(world: AgentWorld, ages: Ages) {
    this.#world = world;
    this.#ages = ages;
    this.#notBefore = world.clock();
    this.#helloAt = world.clock();
  }

  hurry(): void {
    this.#pending = true;
  }

  async turn(): Promise<void> {
    const { clock, signal, say } = this.#world;
    if (clock() < this.#notBefore) return;
    if (!this.#pending && clock() < this.#helloAt) return;
    try {
      if (clock() >= this.#helloAt) await this.#hello();
      if (this.#pending) await this.#drain();
      if (this.#failures > 0) say('the server answers again');
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof PosternError && error.code === 'AGENT_REVOKED') throw error;
      this.#rest(error);
    }
  }

  async #hello(): Promise<void> {
    const { client, clock, say } = this.#world;
    const { helloSeconds, auditSeconds } = await client.hello();
    if (this.settings === DEFAULTS) say('the server answers');
    this.settings = { helloSeconds, auditSeconds };
    this.#helloAt = clock() + helloSeconds * 1000;
  }

  async #drain(): Promise<void> {
    const { outbox, client, say, signal } = this.#world;
    for (const one of await outbox.waiting()) {
      if (signal.aborted) return;
      const body = await this.#bodyOf(one);
      if (body === null) continue;
      try {
        await client.send(body, this.#ages.of(one));
      } catch (error) {
        if (!(error instanceof PosternError) || error.code !== 'AGENT_AUDIT') throw error;
        say(`the server does not take the audit ${one.id}, which is dropped: ${error.message}`);
      }
      await outbox.remove(one);
    }
    this.#pending = false;
  }

  /** Null for one that cannot be read: it holds up no other. */
  async #bodyOf(one: Waiting): Promise<Uint8Array | null> {
    const { outbox, say } = this.#world;
    try {
      return await outbox.body(one);
    } catch (error) {
      say(`the audit ${one.id} waits, and cannot be read: ${messageOf(error)}`);
      return null;
    }
  }

  #rest(error: unknown): void {
    const { clock, chance, say } = this.#world;
    if (this.#failures === 0) say(`${messageOf(error)}; audits wait here, and it is tried again`);
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#notBefore = clock() + pause * (0.5 + chance() / 2);
  }
}

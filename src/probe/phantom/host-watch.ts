import type { Phantom } from '../../model/scan.ts';
import { mix } from '../connect/permute.ts';
import { canaryPorts } from './canaries.ts';
import { askCanaries, CANARIES } from './canary-search.ts';
import { type Decision, decide, type Heard } from './decide.ts';
import type { Glance } from './glance.ts';
import { Looks, type LooksSettings } from './looks.ts';
import type { Signature } from './signature.ts';

/** When hosts are looked at for phantoms. `auto`: when something about one is suspicious. */
export type PhantomMode = 'auto' | 'always' | 'never';

/** More open ports than this are worth eight canaries; so are more than half of more than five asked. */
const MANY_OPEN = 20;
const FEW_ASKED = 5;
/** Open ports that fall silent one after the other before the host counts as shunning us. */
const SHUNNING = 12;
/** The same at the end of a host with few open ports. */
const SHUNNING_IN_THE_END = 2;
/** Ports that differ from the canaries and are worth seconds of identification each. */
const MOST_UNLIKE = 1000;
/** The same where each canary says something else, so that differing means little. */
const MOST_STRANGERS = 30;
export interface WatchSettings extends LooksSettings {
  readonly mode: PhantomMode;
  readonly seed: number;
  /** Whether words are those of a protocol. */
  readonly recognises: (said: Uint8Array) => boolean;
}

/** What was decided of an open port before it is identified. */
export interface Screened {
  /** Null: nothing speaks against it, so it is worth an identification. */
  readonly decision: Decision | null;
  /** A service that speaks its own protocol only would look the same: ask what the number suggests. */
  readonly shy: boolean;
}

const WORTH_ASKING: Screened = { decision: null, shy: false };

/** A port that was decided while nothing was known against its host. */
interface Early {
  readonly port: number;
  readonly heard: Heard;
  readonly revise: (decision: Decision) => void;
}

/**
 * One address whose open ports come in: finds out whether it answers everywhere, and what differs.
 * There is one for every host under way, so all that costs memory is made when it is needed.
 */
export class HostWatch {
  readonly #address: string;
  readonly #settings: WatchSettings;
  readonly #ports: readonly number[];
  #looksMade: Looks | null = null;
  #early: Early[] | null = null;
  #disturbed: Set<() => void> | null = null;
  #suspicious = false;
  #probed = false;
  #open = 0;
  #rttMs = 0;
  #unlike = 0;
  /** Open ports in a row that did not answer any more. */
  #gone = 0;
  #shunned = false;
  /** Set once canaries are being asked. */
  #asking: Promise<Signature | null> | null = null;

  /** `ports` are those that are asked of this address. */
  constructor(address: string, ports: readonly number[], settings: WatchSettings) {
    this.#address = address;
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Whether the host was found to answer everywhere. */
  get suspicious(): boolean {
    return this.#suspicious;
  }

  /** Calls back when the host is found to answer everywhere. Returns what takes that back. */
  onSuspicious(act: () => void): () => void {
    this.#disturbed ??= new Set();
    this.#disturbed.add(act);
    return () => void this.#disturbed?.delete(act);
  }

  /** Whether canaries were asked, so that a count of phantoms means something. */
  get looked(): boolean {
    return this.#asking !== null;
  }

  /** Canaries that complete handshakes, for asking them what a port was asked. */
  async openCanary(): Promise<number | null> {
    const signature = await this.#asking;
    return signature?.open[0] ?? null;
  }

  /** The engine is done with all hosts: the whole pace is ours. */
  probed(): void {
    this.#probed = true;
    this.#looksMade?.probed();
  }

  /** Looks at an open port before anybody identifies it, where its host is suspicious. */
  async screen(port: number, rttMs: number | undefined): Promise<Screened> {
    this.#open += 1;
    this.#rttMs = Math.max(this.#rttMs, rttMs ?? 0);
    this.#looksMade?.hear(this.#rttMs);
    if (this.#settings.mode === 'never') return WORTH_ASKING;
    if (this.#settings.mode === 'always' || this.#open > MANY_OPEN) this.#ask();
    const signature = await this.#asking;
    if (signature === null || this.#settings.signal.aborted) return WORTH_ASKING;
    const decision = await this.#compare(port, signature, 'nothing');
    if (decision.standing === 'phantom') return { decision, shy: isShy(decision.phantom) };
    this.#unlike += 1;
    const most = signature.strangers > 0 ? MOST_STRANGERS : MOST_UNLIKE;
    return this.#shunned || this.#unlike > most ? { decision, shy: false } : WORTH_ASKING;
  }

  /**
   * What a port is once it was identified. `revise` is called when that turns out otherwise later, at
   * the latest by `conclude`.
   */
  async settle(port: number, heard: Heard, revise: Early['revise']): Promise<Decision> {
    if (heard !== 'nothing') this.#gone = 0;
    const { mode, signal } = this.#settings;
    if (mode === 'never' || signal.aborted) return this.#decide(port, null, heard, null);
    const alone = heard === 'nothing' ? await this.#glance(port) : null;
    // a port that never said a word is reason enough for eight canaries
    if (alone !== null && !this.#shunned) this.#ask();
    const signature = await this.#asking;
    if (signature !== null) return this.#compare(port, signature, heard);
    if (this.#asking === null) {
      this.#early ??= [];
      this.#early.push({ port, heard, revise });
    }
    return this.#decide(port, alone, heard, null);
  }

  /** The decision about a service that one of the canaries gave too. */
  async settleAsCanary(port: number): Promise<Decision> {
    const signature = await (this.#asking ?? null);
    const facts = { port, glance: null, heard: 'protocol', signature, canarySaysSo: true } as const;
    return decide(facts, this.#settings.recognises);
  }

  /**
   * To be called when every port of the host was settled. Null when nothing is left to do, else a
   * promise that is kept when all decisions stand.
   */
  conclude(): Promise<void> | null {
    const asked = this.#ports.length;
    const most = asked > FEW_ASKED && this.#open > asked / 2;
    if (most && this.#settings.mode === 'auto') this.#ask();
    if (this.#gone >= SHUNNING_IN_THE_END) this.#shunned = true;
    return this.#asking === null || this.#early === null ? null : this.#review(this.#early);
  }

  /** What shows that the host stopped answering us; null when it did not. */
  get shuns(): readonly string[] | null {
    if (!this.#shunned) return null;
    return [
      `${this.#gone} ports that had completed a handshake with us did not answer one after the other, and none did after them.`,
    ];
  }

  async #review(early: readonly Early[]): Promise<void> {
    const signature = await this.#asking;
    if (signature === null || this.#settings.signal.aborted) return;
    await Promise.all(
      early.map(async ({ port, heard, revise }) =>
        revise(await this.#compare(port, signature, heard)),
      ),
    );
  }

  /** A quick look, and a patient one where the quick one differs from all canaries. */
  async #compare(port: number, signature: Signature, heard: Heard): Promise<Decision> {
    if (this.#shunned) return this.#decide(port, null, heard, signature);
    const decision = this.#decide(port, await this.#glance(port), heard, signature);
    if (decision.standing === 'phantom' || this.#shunned) return decision;
    return this.#decide(port, await this.#glance(port, 'patient'), heard, signature);
  }

  #decide(
    port: number,
    glance: Glance | null,
    heard: Heard,
    signature: Signature | null,
  ): Decision {
    return decide({ port, glance, heard, signature }, this.#settings.recognises);
  }

  get #looks(): Looks {
    if (this.#looksMade !== null) return this.#looksMade;
    this.#looksMade = new Looks(this.#address, this.#settings);
    this.#looksMade.hear(this.#rttMs);
    if (this.#probed) this.#looksMade.probed();
    return this.#looksMade;
  }

  async #glance(port: number, how: 'quick' | 'patient' = 'quick'): Promise<Glance> {
    const glance = await this.#looks[how](port);
    if (glance.handshake === 'completed') this.#gone = 0;
    if (glance.handshake === 'silent' || glance.handshake === 'unreachable') this.#gone += 1;
    if (this.#gone >= SHUNNING) this.#shunned = true;
    return glance;
  }

  #ask(): void {
    this.#asking ??= this.#canaries().catch(() => null);
  }

  /** The signature of a host that answers everywhere; null when most canaries are closed. */
  #canaries(): Promise<Signature | null> {
    const seed = mix(this.#settings.seed ^ hash(this.#address));
    const ports = canaryPorts(seed, 2 * CANARIES, new Set(this.#ports));
    return askCanaries(this.#looks, ports, () => {
      this.#suspicious = true;
      for (const act of this.#disturbed ?? []) act();
    });
  }
}

/** Whoever says nothing to a web request may be waiting for the words of another protocol. */
function isShy({ kind }: Phantom): boolean {
  return kind === 'answers-everywhere' || kind === 'tarpit';
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = mix(value ^ (character.codePointAt(0) ?? 0));
  return value;
}

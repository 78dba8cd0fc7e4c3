import { isLoopback } from '../../model/network.ts';
import type { Phantom } from '../../model/scan.ts';
import { hostPace } from '../connect/pace.ts';
import { mix } from '../connect/permute.ts';
import type { Limit, Pace } from '../engine.ts';
import { behaviourOf, DRIP_MS, drips } from './behaviour.ts';
import { canaryPorts } from './canaries.ts';
import { type Decision, decide, type Heard } from './decide.ts';
import type { Glance, Observer, Patience } from './glance.ts';
import { Pacer } from './pacer.ts';
import { questionFor } from './question.ts';
import { type Looked, type Signature, signatureOf } from './signature.ts';

/** When hosts are looked at for phantoms. `auto`: when something about one is suspicious. */
export type PhantomMode = 'auto' | 'always' | 'never';

/** More open ports than this are worth eight canaries; so are more than half of more than five asked. */
const MANY_OPEN = 20;
const FEW_ASKED = 5;
const CANARIES = 8;
/** Of the first eight: so many open and the host answers everywhere; between this and one, ask eight more. */
const CLEARLY_OPEN = 5;
const OPEN_OF_SIXTEEN = 6;
/** Quick looks at one host at once. */
const LOOKS_AT_ONCE = 512;
/** Open ports that fall silent one after the other before the host counts as shunning us. */
const SHUNNING = 12;
/** The same at the end of a host with few open ports. */
const SHUNNING_IN_THE_END = 2;
/** Ports that differ from the canaries and are worth seconds of identification each. */
const MOST_UNLIKE = 1000;
/** The same where each canary says something else, so that differing means little. */
const MOST_STRANGERS = 30;
/** Wait for a tarpit's second word, in milliseconds; endlessh sends one in ten seconds. */
const DRIP_WAIT_MS = 25_000;
const DRIP_WAIT_SPOKEN_MS = 6000;
/** Canaries that are looked at with so much patience. */
const PATIENT_LOOKS = 3;
const SHORT_PAUSE_MS = 200;
const SHORT_TRIES = 5;

export interface WatchSettings {
  readonly observer: Observer;
  readonly mode: PhantomMode;
  readonly pace: Pace;
  readonly seed: number;
  readonly signal: AbortSignal;
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

/** One address whose open ports come in: finds out whether it answers everywhere, and what differs. */
export class HostWatch {
  readonly #address: string;
  readonly #settings: WatchSettings;
  readonly #ports: readonly number[];
  readonly #pacer: Pacer;
  readonly #rate: Limit;
  #early: Early[] = [];
  #open = 0;
  #unlike = 0;
  #rttMs = 0;
  /** Open ports in a row that did not answer any more. */
  #gone = 0;
  #shunned = false;
  /** Set once canaries are being asked. */
  #asking: Promise<Signature | null> | null = null;
  readonly #calm = new AbortController();
  readonly #cancel = (): void => this.#calm.abort();

  /** `ports` are those that are asked of this address. */
  constructor(address: string, ports: readonly number[], settings: WatchSettings) {
    this.#address = address;
    this.#ports = ports;
    this.#settings = settings;
    this.#rate = hostPace(settings.pace, address).rate;
    // the engine is probing the same host: half of its pace each
    this.#pacer = new Pacer(this.#rate === 'max' ? 'max' : this.#rate / 2, LOOKS_AT_ONCE);
    settings.signal.addEventListener('abort', this.#cancel, { once: true });
  }

  /** Aborted when the host is found to answer everywhere, and with the scan: until then all goes its way. */
  get calm(): AbortSignal {
    return this.#calm.signal;
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

  /** The host says nothing more of its open ports: the whole pace is ours. */
  probed(): void {
    this.#pacer.setRate(this.#rate);
  }

  /** Looks at an open port before anybody identifies it, where its host is suspicious. */
  async screen(port: number, rttMs: number | undefined): Promise<Screened> {
    this.#open += 1;
    this.#rttMs = Math.max(this.#rttMs, Math.min(rttMs ?? 0, 1000));
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
    if (this.#asking === null) this.#early.push({ port, heard, revise });
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
    this.#settings.signal.removeEventListener('abort', this.#cancel);
    return this.#asking === null || this.#early.length === 0 ? null : this.#review();
  }

  /** What shows that the host stopped answering us; null when it did not. */
  get shuns(): readonly string[] | null {
    if (!this.#shunned) return null;
    return [
      `${this.#gone} ports that had completed a handshake with us did not answer one after the other, and none did after them.`,
    ];
  }

  async #review(): Promise<void> {
    const early = this.#early.splice(0);
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
    return this.#decide(port, await this.#glance(port, this.#patient()), heard, signature);
  }

  #decide(
    port: number,
    glance: Glance | null,
    heard: Heard,
    signature: Signature | null,
  ): Decision {
    return decide({ port, glance, heard, signature }, this.#settings.recognises);
  }

  async #glance(port: number, patience: Patience = this.#quick()): Promise<Glance> {
    const question = questionFor(this.#address, port);
    const glance = await this.#pacer.run(() => this.#once(port, patience, question));
    if (glance.handshake === 'completed') this.#gone = 0;
    if (glance.handshake === 'silent' || glance.handshake === 'unreachable') this.#gone += 1;
    if (this.#gone >= SHUNNING) this.#shunned = true;
    return glance;
  }

  /** Shortage of sockets on our side passes; it says nothing about the port. */
  async #once(port: number, patience: Patience, question: Uint8Array): Promise<Glance> {
    const { observer, signal } = this.#settings;
    for (let tries = 1; ; tries++) {
      const glance = await observer.glance({
        address: this.#address,
        port,
        patience,
        question,
        signal,
      });
      if (glance.handshake !== 'local' || signal.aborted || tries === SHORT_TRIES) return glance;
      await new Promise((resolve) => setTimeout(resolve, SHORT_PAUSE_MS));
    }
  }

  #ask(): void {
    this.#asking ??= this.#askCanaries().catch(() => null);
  }

  /** The signature of a host that answers everywhere; null when most canaries are closed. */
  async #askCanaries(): Promise<Signature | null> {
    const seed = mix(this.#settings.seed ^ hash(this.#address));
    const ports = canaryPorts(seed, 2 * CANARIES, new Set(this.#ports));
    const looked = await this.#lookAt(ports.slice(0, CANARIES));
    if (openOf(looked) <= 1) return null;
    if (openOf(looked) < CLEARLY_OPEN) {
      looked.push(...(await this.#lookAt(ports.slice(CANARIES))));
      if (openOf(looked) < OPEN_OF_SIXTEEN) return null;
    }
    this.#calm.abort();
    return signatureOf(looked, await this.#drip(looked));
  }

  #lookAt(ports: readonly number[]): Promise<Looked[]> {
    return Promise.all(
      ports.map(async (port) => ({ port, glance: await this.#glanceAtCanary(port) })),
    );
  }

  /** Not counted: a canary that is silent has never answered. */
  #glanceAtCanary(port: number, patience = this.#patient(), ask = true): Promise<Glance> {
    const question = ask ? questionFor(this.#address, port) : new Uint8Array();
    return this.#pacer.run(() => this.#once(port, patience, question));
  }

  /** Looks at canaries that keep the connection and go on speaking though nobody asks them anything. */
  async #drip(looked: readonly Looked[]): Promise<readonly Glance[]> {
    const lasting = looked
      .filter(({ glance }) => glance.handshake === 'completed' && glance.end === 'open')
      .filter(({ glance }) => ['speaks', 'mute'].includes(behaviourOf(glance)))
      .slice(0, PATIENT_LOOKS);
    const spoken = lasting.some(({ glance }) => glance.saidFirst > 0);
    const patience: Patience = {
      ...this.#patient(),
      greetingMs: spoken ? DRIP_WAIT_SPOKEN_MS : DRIP_WAIT_MS,
      answerMs: 0,
      enoughMs: DRIP_MS,
    };
    const glances = await Promise.all(
      lasting.map(({ port }) => this.#glanceAtCanary(port, patience, false)),
    );
    const dripping = glances.filter(drips);
    return dripping.length > glances.length / 2 ? dripping : [];
  }

  /** For 65,000 ports: long enough for one retransmission of what we say. */
  #quick(): Patience {
    const rtt = this.#rttMs;
    return {
      connectMs: 3500,
      greetingMs: (isLoopback(this.#address) ? 100 : 150) + 3 * rtt,
      answerMs: 500 + 4 * rtt,
      quietMs: 60 + rtt,
    };
  }

  #patient(): Patience {
    const rtt = this.#rttMs;
    return {
      connectMs: 3500,
      greetingMs: 500 + 3 * rtt,
      answerMs: 2000 + 4 * rtt,
      quietMs: 200 + rtt,
    };
  }
}

/** Whoever says nothing to a web request may be waiting for the words of another protocol. */
function isShy({ kind }: Phantom): boolean {
  return kind === 'answers-everywhere' || kind === 'tarpit';
}

function openOf(looked: readonly Looked[]): number {
  return looked.filter(({ glance }) => glance.handshake === 'completed').length;
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = mix(value ^ (character.codePointAt(0) ?? 0));
  return value;
}

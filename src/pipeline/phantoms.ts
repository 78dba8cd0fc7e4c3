import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { identify } from '../identify/identify.ts';
import { recognisedIn, suggestedBy } from '../identify/order.ts';
import type { Protocol } from '../identify/plugin.ts';
import type { Outcome } from '../model/port.ts';
import type { Service } from '../model/service.ts';
import type { Pace } from '../probe/engine.ts';
import type { Decision, Heard } from '../probe/phantom/decide.ts';
import type { Observer } from '../probe/phantom/glance.ts';
import { HostWatch, type PhantomMode } from '../probe/phantom/host-watch.ts';

export interface PhantomSearch {
  readonly mode: PhantomMode;
  readonly observer: Observer;
}

/** Ports that look like their canaries and are asked in the protocol of their number: time, and how many at once. */
const ASK_MS = 4000;
const ASKED_AT_ONCE = 32;

interface PhantomsInput {
  readonly phantoms?: PhantomSearch;
  readonly protocols: readonly Protocol[];
  readonly pace: Pace;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** A decision without identification, or (null) what identification brought. */
export interface Examined {
  readonly screened: Decision | null;
  readonly service: Service | null;
}

/** Nobody looks: every look fails on our own side, and no host is suspicious. */
const BLIND: PhantomSearch = {
  mode: 'never',
  observer: { glance: () => Promise.reject(new Error('nobody looks for phantoms')) },
};

/**
 * The stage between probing and identification: a port that is like its host's canaries is not worth
 * the seconds of an identification, and what differs from them gets it.
 */
export class Phantoms {
  readonly #input: PhantomsInput;
  readonly #search: PhantomSearch;
  readonly #limit = pLimit(ASKED_AT_ONCE);

  constructor(input: PhantomsInput) {
    this.#input = input;
    this.#search = input.phantoms ?? BLIND;
    setMaxListeners(0, input.signal); // one per look under way
  }

  watch(address: string, ports: readonly number[]): HostWatch {
    const { pace, seed, signal, protocols } = this.#input;
    const recognises = (said: Uint8Array): boolean =>
      recognisedIn(protocols, said, 'bare').length > 0;
    return new HostWatch(address, ports, { ...this.#search, pace, seed, signal, recognises });
  }

  /**
   * What is known of a port before anybody identifies it: null when it is worth that. Where the
   * canaries are mute a service would be too, until it hears its own protocol: a port whose number
   * suggests one is asked in it.
   */
  async #screen(
    watch: HostWatch,
    { transport, address, port, rttMs }: Outcome,
  ): Promise<Decision | null> {
    if (transport !== 'tcp') return null;
    const { decision, shy } = await watch.screen(port, rttMs);
    if (decision === null || !shy) return decision;
    const suggested = this.#askableAt(port);
    if (suggested.length === 0) return decision;
    const service = await this.#limit(() => this.#ask(address, port, suggested));
    return service === null || service.protocol === 'unknown' ? decision : null;
  }

  /**
   * What identification brings out of a port that nothing was decided of. Begun anew when the host
   * turns out to answer everywhere meanwhile: then most of its ports are not worth it.
   */
  async identify(
    watch: HostWatch,
    outcome: Outcome,
    ask: boolean,
    work: (signal: AbortSignal) => Promise<Service | null>,
  ): Promise<Examined> {
    if (this.#isMute(ask)) return { screened: null, service: null };
    const screened = await this.#screen(watch, outcome);
    if (screened !== null || !ask) return { screened, service: null };
    const { signal } = this.#input;
    if (watch.suspicious) return { screened, service: await work(signal) };
    const service = await untilSuspicious(watch, signal, work);
    if (service !== null || signal.aborted || !watch.suspicious) return { screened, service };
    return this.identify(watch, outcome, ask, work);
  }

  /** What an interrupted scan knew already is only told again: nothing is said to anybody. */
  #isMute(ask: boolean): boolean {
    return !ask && this.#input.protocols.length > 0;
  }

  #askableAt(port: number): Protocol[] {
    const { protocols } = this.#input;
    const suggested = [
      ...suggestedBy(protocols, port, 'bare'),
      ...suggestedBy(protocols, port, 'tls'),
    ];
    return suggested.filter(({ manners }) => manners === 'ask');
  }

  #ask(address: string, port: number, protocols: readonly Protocol[]): Promise<Service | null> {
    return identify({ address, port, protocols, signal: this.#input.signal, timeMs: ASK_MS });
  }

  /** What an open port is after identification; `revise` is called when that changes later. */
  async settle(
    watch: HostWatch,
    { transport, address, port }: Outcome,
    ask: boolean,
    service: Service | null,
    revise: (decision: Decision) => void,
  ): Promise<Decision> {
    if (transport !== 'tcp' || this.#isMute(ask)) {
      return service === null ? { standing: 'unverified', doubts: [] } : { standing: 'verified' };
    }
    const decision = await watch.settle(port, heardIn(service), revise);
    if (decision.standing !== 'verified' || service === null) return decision;
    const canary = await watch.openCanary();
    if (canary === null || !(await this.#gives(address, canary, service))) return decision;
    return watch.settleAsCanary(port);
  }

  /** Whether a canary, asked in the same protocol, gives the same service. */
  async #gives(address: string, canary: number, service: Service): Promise<boolean> {
    const names = new Set([service.protocol, 'http', 'https', 'tls']);
    const protocols = this.#input.protocols.filter(({ name }) => names.has(name));
    const other = await this.#ask(address, canary, protocols);
    return (
      other !== null &&
      other.protocol === service.protocol &&
      other.product === service.product &&
      other.version === service.version
    );
  }
}

/** Does work that the host's turning suspicious cuts short, as cancelling does. */
async function untilSuspicious<Result>(
  watch: HostWatch,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  setMaxListeners(0, controller.signal);
  signal.addEventListener('abort', stop, { once: true });
  const release = watch.onSuspicious(stop);
  if (signal.aborted) stop();
  try {
    return await work(controller.signal);
  } finally {
    release();
    signal.removeEventListener('abort', stop);
  }
}

function heardIn(service: Service | null): Heard {
  if (service === null) return 'nothing';
  return service.protocol === 'unknown' ? 'bytes' : 'protocol';
}

import { setMaxListeners } from 'node:events';
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

interface PhantomsInput {
  readonly phantoms?: PhantomSearch;
  readonly protocols: readonly Protocol[];
  readonly pace: Pace;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** What was decided of a port before it is identified (null: nothing yet), and what to ask it. */
export interface Screening {
  readonly screened: Decision | null;
  readonly ask: readonly Protocol[];
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

  async screen(watch: HostWatch, { transport, port, rttMs }: Outcome): Promise<Screening> {
    const { protocols } = this.#input;
    if (transport !== 'tcp') return { screened: null, ask: protocols };
    const suggested = [
      ...suggestedBy(protocols, port, 'bare'),
      ...suggestedBy(protocols, port, 'tls'),
    ];
    const found = await watch.screen(port, rttMs, suggested.length > 0);
    if (found === 'identify') return { screened: null, ask: protocols };
    if (found === 'ask-suggested') return { screened: null, ask: suggested };
    return { screened: found, ask: [] };
  }

  /** What an open port is after identification; `revise` is called when that changes later. */
  async settle(
    watch: HostWatch,
    { transport, address, port }: Outcome,
    service: Service | null,
    revise: (decision: Decision) => void,
  ): Promise<Decision> {
    if (transport !== 'tcp') {
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
    const { signal } = this.#input;
    const other = await identify({ address, port: canary, signal, protocols });
    return (
      other !== null &&
      other.protocol === service.protocol &&
      other.product === service.product &&
      other.version === service.version
    );
  }
}

function heardIn(service: Service | null): Heard {
  if (service === null) return 'nothing';
  return service.protocol === 'unknown' ? 'bytes' : 'protocol';
}

import pLimit, { type LimitFunction } from 'p-limit';
import { identify } from '../identify/identify.ts';
import { isLoopback } from '../model/loopback.ts';
import type { Outcome } from '../model/port.ts';
import type { Service } from '../model/service.ts';
import { sourceAddress } from '../net/source-address.ts';
import type { Look } from './host-tally.ts';
import type { ScanInput } from './scan.ts';

/** Ports identified at the same time, over all hosts and on one host. */
const IDENTIFIED_AT_ONCE = 64;
const IDENTIFIED_AT_ONCE_PER_HOST = 6;
/** The same on this machine's own loopback, where there is nobody else to be polite to. */
const IDENTIFIED_AT_ONCE_ON_LOOPBACK = 32;

/** Looks at open ports: asks what answers, a few at a time, and has it judged. */
export class Looker {
  readonly #input: ScanInput;
  readonly #limit = pLimit(IDENTIFIED_AT_ONCE);
  readonly #hostLimits = new Map<string, LimitFunction>();

  constructor(input: ScanInput) {
    this.#input = input;
  }

  async look(outcome: Outcome, asked: boolean): Promise<Look> {
    const names = this.#input.namesOf(outcome.address);
    const service = asked ? await this.#identify(outcome, names[0]) : null;
    if (asked) this.#input.progress.identified += 1;
    const recognised = service !== null && service.protocol !== 'unknown';
    const identified = asked && (recognised || !this.#input.signal.aborted);
    const source = await sourceAddress(outcome.address);
    const edge = this.#input.edgeOf?.(outcome.address);
    const judged = this.#input.judge({ outcome, names, service, identified, source, edge });
    return { service, asked: identified, ...judged };
  }

  /** To be called when a host is finished. */
  forget(address: string): void {
    this.#hostLimits.delete(address);
  }

  #identify(outcome: Outcome, serverName: string | undefined): Promise<Service | null> {
    const { address, port } = outcome;
    const { signal, protocols, onFault } = this.#input;
    const work = (): Promise<Service | null> =>
      identify({
        address,
        port,
        signal,
        protocols,
        onFault,
        ...(serverName === undefined ? {} : { serverName }),
      });
    return this.#hostLimit(address)(() => this.#limit(work));
  }

  #hostLimit(address: string): LimitFunction {
    const known = this.#hostLimits.get(address);
    if (known !== undefined) return known;
    const limit = pLimit(
      isLoopback(address) ? IDENTIFIED_AT_ONCE_ON_LOOPBACK : IDENTIFIED_AT_ONCE_PER_HOST,
    );
    this.#hostLimits.set(address, limit);
    return limit;
  }
}

import pLimit, { type LimitFunction } from 'p-limit';
import { identify } from '../identify/identify.ts';
import { identifyDatagram } from '../identify/identify-datagram.ts';
import { amplificationOf } from '../model/amplification.ts';
import { isLoopback } from '../model/loopback.ts';
import type { DatagramFacts, Outcome } from '../model/port.ts';
import type { Service } from '../model/service.ts';
import { sourceAddress } from '../net/source-address.ts';
import type { Look } from './host-tally.ts';
import type { ScanInput } from './scan.ts';

/** Ports identified at the same time, over all hosts and on one host. */
const IDENTIFIED_AT_ONCE = 64;
const IDENTIFIED_AT_ONCE_PER_HOST = 6;
/** The same on this machine's own loopback, where there is nobody else to be polite to. */
const IDENTIFIED_AT_ONCE_ON_LOOPBACK = 32;

type Heard = Pick<Look, 'service' | 'amplification'>;

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
    const { service, amplification } = await this.#hear(outcome, asked, names[0]);
    if (asked) this.#input.progress.identified += 1;
    const recognised = service !== null && service.protocol !== 'unknown';
    const identified = asked && (recognised || !this.#input.signal.aborted);
    const source = await sourceAddress(outcome.address);
    const edge = this.#input.edgeOf?.(outcome.address);
    const seen = { outcome, names, service, identified, source, edge, amplification };
    return { service, asked: identified, amplification, ...this.#input.judge(seen) };
  }

  /** To be called when a host is finished. */
  forget(address: string): void {
    this.#hostLimits.delete(address);
  }

  async #hear(outcome: Outcome, asked: boolean, serverName: string | undefined): Promise<Heard> {
    const { datagram } = outcome;
    if (datagram !== undefined) return await this.#hearDatagram(outcome, datagram, asked);
    const service = asked ? await this.#identify(outcome, serverName) : null;
    return { service, amplification: null };
  }

  async #hearDatagram(
    { address, port }: Outcome,
    datagram: DatagramFacts,
    asked: boolean,
  ): Promise<Heard> {
    if (!asked) return { service: null, amplification: amplificationOf([datagram]) };
    const { signal, onFault, udp } = this.#input;
    const protocols = udp?.protocols ?? [];
    const { service, exchanges } = await this.#hostLimit(address)(() =>
      this.#limit(() => identifyDatagram({ address, port, datagram, signal, protocols, onFault })),
    );
    return { service, amplification: amplificationOf(exchanges) };
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

import pLimit, { type LimitFunction } from 'p-limit';
import { identify } from '../identify/identify.ts';
import { identifyDatagram } from '../identify/identify-datagram.ts';
import { amplificationOf } from '../model/amplification.ts';
import { isLoopback } from '../model/loopback.ts';
import type { DatagramFacts, Outcome } from '../model/port.ts';
import type { Service } from '../model/service.ts';
import { sourceAddress } from '../net/source-address.ts';
import type { HostWatch } from '../probe/phantom/host-watch.ts';
import type { Look } from './host-tally.ts';
import { type Examined, Phantoms } from './phantoms.ts';
import type { ScanInput } from './scan.ts';

/** Ports identified at the same time, over all hosts and on one host. */
const IDENTIFIED_AT_ONCE = 64;
const IDENTIFIED_AT_ONCE_PER_HOST = 6;
/** The same on this machine's own loopback, where there is nobody else to be polite to. */
const IDENTIFIED_AT_ONCE_ON_LOOPBACK = 32;

type Heard = Examined & Pick<Look, 'amplification'>;

/** Nobody looked for a phantom, since none speaks UDP, and nobody asked. */
const NOT_ASKED: Examined = { screened: null, service: null };

/** Looks at open ports: asks what answers, a few at a time, and has it judged. */
export class Looker {
  readonly #input: ScanInput;
  readonly #phantoms: Phantoms;
  readonly #limit = pLimit(IDENTIFIED_AT_ONCE);
  readonly #hostLimits = new Map<string, LimitFunction>();

  constructor(input: ScanInput) {
    this.#input = input;
    this.#phantoms = new Phantoms(input);
  }

  /** What the open TCP ports of a host, some of `ports`, are compared with. */
  watch(address: string, ports: readonly number[]): HostWatch {
    return this.#phantoms.watch(address, ports);
  }

  /** Calls `setLook` when it is known what a port is, and again when that changes. */
  async look(
    watch: HostWatch,
    outcome: Outcome,
    ask: boolean,
    setLook: (look: Look) => void,
  ): Promise<void> {
    const { namesOf, progress, signal, judge, edgeOf } = this.#input;
    const names = namesOf(outcome.address);
    const source = await sourceAddress(outcome.address);
    const edge = edgeOf?.(outcome.address);
    const { screened, service, amplification } = await this.#hear(watch, outcome, ask, names[0]);
    if (ask) progress.identified += 1;
    const recognised = service !== null && service.protocol !== 'unknown';
    const identified = ask && screened === null && (recognised || !signal.aborted);
    const setDecided = (decision: Look['decision']): void => {
      const seen = { outcome, names, service, identified, source, edge, amplification };
      setLook({ service, asked: identified, decision, amplification, ...judge(seen) });
    };
    setDecided(screened ?? (await this.#phantoms.settle(watch, outcome, ask, service, setDecided)));
  }

  /** To be called when a host is finished. */
  forget(address: string): void {
    this.#hostLimits.delete(address);
  }

  async #hear(
    watch: HostWatch,
    outcome: Outcome,
    ask: boolean,
    serverName: string | undefined,
  ): Promise<Heard> {
    const { datagram } = outcome;
    if (datagram !== undefined) return await this.#hearDatagram(outcome, datagram, ask);
    const examined = await this.#phantoms.identify(watch, outcome, ask, (until) =>
      this.#identify(outcome, serverName, until),
    );
    return { ...examined, amplification: null };
  }

  async #hearDatagram(
    { address, port }: Outcome,
    datagram: DatagramFacts,
    ask: boolean,
  ): Promise<Heard> {
    if (!ask) return { ...NOT_ASKED, amplification: amplificationOf([datagram]) };
    const { signal, onFault, udp } = this.#input;
    const protocols = udp?.protocols ?? [];
    const { service, exchanges } = await this.#hostLimit(address)(() =>
      this.#limit(() => identifyDatagram({ address, port, datagram, signal, protocols, onFault })),
    );
    return { ...NOT_ASKED, service, amplification: amplificationOf(exchanges) };
  }

  #identify(
    { address, port }: Outcome,
    serverName: string | undefined,
    signal: AbortSignal,
  ): Promise<Service | null> {
    const { protocols, onFault } = this.#input;
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

import pLimit, { type LimitFunction } from 'p-limit';
import type { DatagramProtocol } from '../identify/datagram.ts';
import { identify } from '../identify/identify.ts';
import { identifyDatagram } from '../identify/identify-datagram.ts';
import type { Protocol } from '../identify/plugin.ts';
import { amplificationOf } from '../model/amplification.ts';
import { isLoopback } from '../model/network.ts';
import type { Outcome, PortState, Reason, Silence } from '../model/port.ts';
import type { Amplification, HostRecord } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import type { Finding } from '../model/verdict.ts';
import { sourceAddress } from '../net/source-address.ts';
import { type Engine, type EngineStats, isSilence, type Pace } from '../probe/engine.ts';
import { HostTally, type Look } from './host-tally.ts';
import { portsAt, probeTransports, type TransportInput } from './transports.ts';

/** Ports identified at the same time, over all hosts and on one host. */
const IDENTIFIED_AT_ONCE = 64;
const IDENTIFIED_AT_ONCE_PER_HOST = 6;
/** The same on this machine's own loopback, where there is nobody else to be polite to. */
const IDENTIFIED_AT_ONCE_ON_LOOPBACK = 32;
/** Open ports that may wait for identification before probing pauses; bounds memory. */
const MAX_WAITING = 1024;

/** Counters a caller may read while a scan runs. */
export interface Progress {
  readonly engine: EngineStats;
  open: number;
  /** Ports that answered without being open: refused, or an ICMP error. */
  refused: number;
  /** Ports that could not be asked, by the reason on our own side. */
  readonly unasked: Map<Reason, number>;
  hosts: number;
  /** Open ports identified so far. */
  identified: number;
}

export function newProgress(): Progress {
  return {
    engine: { probes: 0, retries: 0, outcomes: 0, slowdowns: 0 },
    open: 0,
    refused: 0,
    unasked: new Map(),
    hosts: 0,
    identified: 0,
  };
}

/** An open port on its way to the judge. */
export interface Seen {
  readonly outcome: Outcome;
  readonly names: readonly string[];
  readonly service: Service | null;
  /** False with `--no-identify`, or when cancelling cut the questions short: silence means nothing. */
  readonly identified: boolean;
  /** Our own address as the host saw it. */
  readonly source: string | undefined;
  readonly amplification: Amplification | null;
}

export interface ScanInput {
  readonly addresses: AsyncIterable<string>;
  readonly namesOf: (address: string) => readonly string[];
  /** TCP ports; may be empty. */
  readonly ports: readonly number[];
  /** The ports to ask of one address, some of `ports`; absent: all of them. */
  readonly portsOf?: (address: string) => readonly number[];
  readonly engine: Engine;
  /** The same look over the other transport, at the same addresses. */
  readonly udp?: TransportInput & {
    /** Empty: nothing is identified. */
    readonly protocols: readonly DatagramProtocol[];
  };
  readonly pace: Pace;
  /** Key of the order of probes. */
  readonly seed: number;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  /** Empty: nothing is identified. */
  readonly protocols: readonly Protocol[];
  readonly judge: (seen: Seen) => Omit<Look, 'service' | 'asked' | 'amplification'>;
  /** States whose ports are listed one by one. */
  readonly show: ReadonlySet<PortState>;
  readonly progress: Progress;
  readonly warn: (message: string) => void;
  /** Called once, when the last probe has its outcome and identification may still go on. */
  readonly onProbed: () => void;
  readonly onFault: (protocol: string, fault: unknown) => void;
}

export interface HostResult {
  readonly host: HostRecord;
  readonly findings: readonly Finding[];
  /** False when the scan was cancelled before every port had its outcome. */
  readonly complete: boolean;
  /** Whether anything at all came back. */
  readonly answered: boolean;
}

/**
 * targets → probe → identify → judge, a host at a time as it is finished. After cancelling, the
 * hosts begun are yielded with what was found of them. Memory depends on the hosts under way.
 */
export async function* scanHosts(input: ScanInput): AsyncGenerator<HostResult> {
  const run = new Run(input);
  for await (const batch of probeTransports(input, input.progress.engine)) {
    for (const told of batch) {
      if (isSilence(told)) run.silent(told);
      else run.take(told);
    }
    yield* run.finished();
    await run.room();
  }
  input.onProbed();
  await run.settle();
  yield* run.finished();
  yield* run.unfinished();
}

class Run {
  readonly #input: ScanInput;
  readonly #hosts = new Map<string, HostTally>();
  readonly #finished: HostTally[] = [];
  readonly #limit = pLimit(IDENTIFIED_AT_ONCE);
  readonly #hostLimits = new Map<string, LimitFunction>();
  #waiting = 0;
  /** Called whenever an open port has been looked at. */
  #onLooked: () => void = () => undefined;

  constructor(input: ScanInput) {
    this.#input = input;
  }

  take(outcome: Outcome): void {
    const host = this.#hostOf(outcome.address);
    const open = outcome.state === 'open';
    const setLook = host.add(outcome, open || this.#input.show.has(outcome.state));
    this.#count(outcome);
    if (open) this.#follow(host, outcome, setLook);
    this.#check(host);
  }

  silent(silence: Silence): void {
    const host = this.#hostOf(silence.address);
    host.addSilence(silence, this.#input.show.has(silence.state));
    this.#check(host);
  }

  #count({ state, reason }: Outcome): void {
    const { progress } = this.#input;
    if (state === 'closed' || state === 'unreachable') progress.refused += 1;
    if (state !== 'local-error') return;
    progress.unasked.set(reason, (progress.unasked.get(reason) ?? 0) + 1);
  }

  /** Resolves when there is room for more open ports. */
  room(): Promise<void> {
    return this.#untilAtMost(MAX_WAITING);
  }

  settle(): Promise<void> {
    return this.#untilAtMost(0);
  }

  async #untilAtMost(most: number): Promise<void> {
    while (this.#waiting > most) {
      await new Promise<void>((resolve) => {
        this.#onLooked = resolve;
      });
    }
  }

  *finished(): Generator<HostResult> {
    for (const host of this.#finished.splice(0)) yield this.#result(host, true);
  }

  *unfinished(): Generator<HostResult> {
    for (const host of this.#hosts.values()) yield this.#result(host, false);
    this.#hosts.clear();
  }

  #hostOf(address: string): HostTally {
    const known = this.#hosts.get(address);
    if (known !== undefined) return known;
    const { udp } = this.#input;
    const host = new HostTally(address, portsAt(this.#input, address) + portsAt(udp, address));
    this.#hosts.set(address, host);
    return host;
  }

  #follow(host: HostTally, outcome: Outcome, setLook: (look: Look) => void): void {
    this.#input.progress.open += 1;
    host.pending += 1;
    this.#waiting += 1;
    void this.#look(outcome)
      .then(setLook)
      .finally(() => {
        host.pending -= 1;
        this.#waiting -= 1;
        this.#check(host);
        this.#onLooked();
      });
  }

  async #look(outcome: Outcome): Promise<Look> {
    const names = this.#input.namesOf(outcome.address);
    const asked = this.#input.protocols.length > 0;
    const { service, amplification } = await this.#hear(outcome, asked, names[0]);
    if (asked) this.#input.progress.identified += 1;
    const recognised = service !== null && service.protocol !== 'unknown';
    const identified = asked && (recognised || !this.#input.signal.aborted);
    const source = await sourceAddress(outcome.address);
    const judged = this.#input.judge({
      outcome,
      names,
      service,
      identified,
      source,
      amplification,
    });
    return { service, asked: identified, amplification, ...judged };
  }

  async #hear(
    outcome: Outcome,
    asked: boolean,
    serverName: string | undefined,
  ): Promise<Pick<Look, 'service' | 'amplification'>> {
    const { address, port, datagram } = outcome;
    if (datagram === undefined) {
      const service = asked ? await this.#identify(outcome, serverName) : null;
      return { service, amplification: null };
    }
    const { signal, onFault, udp } = this.#input;
    if (!asked) return { service: null, amplification: amplificationOf([datagram]) };
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

  #check(host: HostTally): void {
    if (!host.told || host.pending > 0) return;
    if (!this.#hosts.delete(host.address)) return;
    this.#hostLimits.delete(host.address);
    this.#finished.push(host);
    this.#input.progress.hosts += 1;
  }

  #result(host: HostTally, complete: boolean): HostResult {
    const record = host.record(this.#input.namesOf(host.address));
    const done = complete || host.told;
    return { host: record, findings: host.findings, complete: done, answered: host.answered };
  }
}

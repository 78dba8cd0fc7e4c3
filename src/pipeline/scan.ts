import pLimit, { type LimitFunction } from 'p-limit';
import { identify } from '../identify/identify.ts';
import type { Protocol } from '../identify/plugin.ts';
import { isLoopback } from '../model/network.ts';
import type { Outcome, PortState, Reason, Silence } from '../model/port.ts';
import type { HostRecord, PhantomGroup } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import type { Finding } from '../model/verdict.ts';
import { sourceAddress } from '../net/source-address.ts';
import { type Engine, type EngineStats, isSilence, type Pace } from '../probe/engine.ts';
import { HostTally, type JudgePhantoms, type Look } from './host-tally.ts';
import { type PhantomSearch, Phantoms } from './phantoms.ts';

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
  /** All phantoms of a host that are alike, in place of a service; `outcome` is their first port's. */
  readonly phantoms?: Omit<PhantomGroup, 'verdict'>;
}

export interface ScanInput {
  readonly addresses: AsyncIterable<string>;
  readonly namesOf: (address: string) => readonly string[];
  readonly ports: readonly number[];
  /** The ports to ask of one address, some of `ports`; absent: all of them. */
  readonly portsOf?: (address: string) => readonly number[];
  readonly engine: Engine;
  readonly pace: Pace;
  /** Key of the order of probes. */
  readonly seed: number;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  /** Empty: nothing is identified. */
  readonly protocols: readonly Protocol[];
  readonly judge: (seen: Seen) => Pick<Look, 'verdict' | 'findings'>;
  /** How phantoms are looked for; absent: not at all. */
  readonly phantoms?: PhantomSearch;
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
  const { engine, addresses, ports, portsOf, pace, seed, signal, progress, warn, timeoutMs } =
    input;
  const outcomes = engine.probe(addresses, ports, {
    pace,
    seed,
    signal,
    stats: progress.engine,
    warn,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(portsOf === undefined ? {} : { portsOf }),
  });
  for await (const batch of outcomes) {
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
  readonly #phantoms: Phantoms;
  #waiting = 0;
  /** Called whenever an open port has been looked at. */
  #onLooked: () => void = () => undefined;

  constructor(input: ScanInput) {
    this.#input = input;
    this.#phantoms = new Phantoms(input);
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
    for (const host of this.#hosts.values()) host.watch.probed();
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
    const { ports, portsOf } = this.#input;
    const asked = portsOf?.(address) ?? ports;
    const host = new HostTally(address, asked.length, this.#phantoms.watch(address, asked));
    this.#hosts.set(address, host);
    return host;
  }

  #follow(host: HostTally, outcome: Outcome, setLook: (look: Look) => void): void {
    this.#input.progress.open += 1;
    host.pending += 1;
    this.#waiting += 1;
    void this.#look(host, outcome, setLook).finally(() => this.#looked(host));
  }

  #looked(host: HostTally): void {
    host.pending -= 1;
    this.#waiting -= 1;
    this.#check(host);
    this.#onLooked();
  }

  async #look(host: HostTally, outcome: Outcome, setLook: (look: Look) => void): Promise<void> {
    const { namesOf, protocols, progress, signal, judge } = this.#input;
    const names = namesOf(outcome.address);
    const source = await sourceAddress(outcome.address);
    const { screened, service } = await this.#phantoms.identify(host.watch, outcome, (until) =>
      this.#identify(outcome, names[0], until),
    );
    if (protocols.length > 0) progress.identified += 1;
    const recognised = service !== null && service.protocol !== 'unknown';
    const asked = protocols.length > 0 && screened === null;
    const identified = asked && (recognised || !signal.aborted);
    const setDecided = (decision: Look['decision']): void => {
      const judged = judge({ outcome, names, service, identified, source });
      setLook({ service, asked: identified, decision, ...judged });
    };
    setDecided(screened ?? (await this.#phantoms.settle(host.watch, outcome, service, setDecided)));
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

  #check(host: HostTally): void {
    if (!host.told || host.pending > 0 || !this.#hosts.has(host.address)) return;
    if (!host.concluded && this.#conclude(host)) return;
    this.#hosts.delete(host.address);
    this.#hostLimits.delete(host.address);
    this.#finished.push(host);
    this.#input.progress.hosts += 1;
  }

  /** Whether something is left to do before the host is finished, which comes back to `check`. */
  #conclude(host: HostTally): boolean {
    host.concluded = true;
    const work = host.watch.conclude();
    if (work === null) return false;
    host.pending += 1;
    this.#waiting += 1;
    void work.finally(() => this.#looked(host));
    return true;
  }

  #result(tally: HostTally, complete: boolean): HostResult {
    const { address } = tally;
    const names = this.#input.namesOf(address);
    const judge: JudgePhantoms = (phantoms, port) => {
      const outcome = {
        address,
        transport: 'tcp',
        port,
        state: 'open',
        reason: 'syn-ack',
      } as const;
      const seen = { outcome, names, service: null, identified: true, source: undefined, phantoms };
      return this.#input.judge(seen);
    };
    const done = complete || tally.told;
    return { ...tally.result(names, judge), complete: done, answered: tally.answered };
  }
}

import { setImmediate as breathe } from 'node:timers/promises';
import type { DatagramProtocol } from '../identify/datagram.ts';
import type { Protocol } from '../identify/plugin.ts';
import type { Outcome, PortState, Reason } from '../model/port.ts';
import type { Amplification, HostRecord, PhantomGroup, SharedEdge } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import type { Finding } from '../model/verdict.ts';
import { isSilence, type Pace, type Told } from '../probe/engine.ts';
import { HostTally, type JudgePhantoms, type Look } from './host-tally.ts';
import { Looker } from './looker.ts';
import type { Past } from './past.ts';
import type { PhantomSearch } from './phantoms.ts';
import type { Progress } from './progress.ts';
import type { TransportInput } from './transport-plan.ts';
import { Transports } from './transports.ts';

/** Open ports that may wait for identification before probing pauses; bounds memory. */
const MAX_WAITING = 1024;

/** Addresses of finished hosts passed over before anything else on this thread may run. */
const SKIPPED_AT_ONCE = 4096;

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
  /** The shared edge whose published ranges hold the address. */
  readonly edge: SharedEdge | undefined;
  readonly amplification: Amplification | null;
}

/** The same look over UDP, at the same addresses. */
interface UdpInput extends TransportInput {
  /** Empty: nothing is identified. */
  readonly protocols: readonly DatagramProtocol[];
}

/** Its ports and engine are those of TCP. */
export interface ScanInput extends TransportInput {
  readonly addresses: AsyncIterable<string>;
  readonly namesOf: (address: string) => readonly string[];
  readonly udp?: UdpInput;
  readonly pace: Pace;
  /** Key of the order of probes. */
  readonly seed: number;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  /** Empty: nothing is identified. */
  readonly protocols: readonly Protocol[];
  /** The shared edge that an address belongs to; absent: nobody looks. */
  readonly edgeOf?: (address: string) => SharedEdge | undefined;
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
  /** What earlier runs of this scan know. */
  readonly past?: Past;
  /** Keeps what the engine tells of hosts that are not finished. */
  readonly recorder?: Recorder;
}

export interface Recorder {
  told(told: Told): void;
  /** Resolves when it can take more. */
  room(): Promise<void>;
}

export interface HostResult {
  readonly host: HostRecord;
  readonly findings: readonly Finding[];
  /** Ports without an outcome; 0 unless the scan was cancelled or the host left the targets. */
  readonly missing: number;
  /** Ports that could not be asked, by the reason on our own side. */
  readonly unasked: Readonly<Partial<Record<Reason, number>>>;
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
  for await (const batch of run.probe()) {
    for (const told of batch) run.hear(told);
    yield* run.finished();
    await run.room();
    await input.recorder?.room();
  }
  input.onProbed();
  run.keepLeft();
  await run.settle();
  yield* run.finished();
  yield* run.unfinished();
}

class Run {
  readonly #input: ScanInput;
  readonly #hosts = new Map<string, HostTally>();
  readonly #finished: HostTally[] = [];
  readonly #looker: Looker;
  #waiting = 0;
  /** To be called when an open port has been looked at. */
  #waiters: (() => void)[] = [];
  readonly #transports: Transports;

  constructor(input: ScanInput) {
    this.#input = input;
    this.#looker = new Looker(input);
    this.#transports = new Transports(input);
  }

  /** What the engines tell. */
  probe(): AsyncIterable<readonly Told[]> {
    const { addresses, past } = this.#input;
    const asked = past === undefined ? addresses : this.#remaining(addresses, past);
    return this.#transports.probe(asked, past !== undefined);
  }

  async *#remaining(addresses: AsyncIterable<string>, past: Past): AsyncGenerator<string> {
    let skipped = 0;
    for await (const address of addresses) {
      if (past.hasFinished(address)) {
        skipped += 1;
        if (skipped % SKIPPED_AT_ONCE === 0) await breathe();
        continue;
      }
      const known = this.#transports.known(past, address);
      if (known.length > 0) {
        await this.room();
        if (this.#goOn(address, known)) continue;
      }
      yield address;
    }
  }

  /** Takes over what is known of a host; whether nothing is left to ask. */
  #goOn(address: string, known: readonly Outcome[]): boolean {
    const over = this.#transports.goOn(address, known);
    this.#restore(address, known, true);
    return over;
  }

  #restore(address: string, known: readonly Outcome[], ask: boolean): void {
    this.#input.progress.earlier.outcomes += known.length;
    this.#input.progress.restored += known.length;
    const host = this.#hostOf(address);
    for (const outcome of known) this.#take(host, outcome, ask);
    this.#check(host);
  }

  /** Hosts begun by an earlier run whose addresses did not come: what was found stays, nobody asks more. */
  keepLeft(): void {
    const { past } = this.#input;
    if (past === undefined) return;
    for (const address of past.left()) {
      const known = this.#transports.known(past, address);
      if (known.length > 0) this.#restore(address, known, false);
    }
  }

  hear(told: Told): void {
    const host = this.#hostOf(told.address);
    if (isSilence(told)) host.addSilence(told, this.#input.show.has(told.state));
    else this.#take(host, told, true);
    this.#check(host);
    // a finished host is kept as a whole
    if (this.#hosts.has(told.address)) this.#input.recorder?.told(told);
  }

  #take(host: HostTally, outcome: Outcome, ask: boolean): void {
    const open = outcome.state === 'open';
    const setLook = host.add(outcome, open || this.#input.show.has(outcome.state));
    this.#count(outcome);
    if (open) this.#follow(host, outcome, setLook, ask);
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
        this.#waiters.push(resolve);
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
    const watch = this.#looker.watch(address, this.#transports.tcpPorts(address));
    const host = new HostTally(address, this.#transports.expected(address), watch);
    this.#hosts.set(address, host);
    return host;
  }

  #follow(host: HostTally, outcome: Outcome, setLook: (look: Look) => void, ask: boolean): void {
    this.#input.progress.open += 1;
    host.pending += 1;
    this.#waiting += 1;
    const asked = ask && this.#input.protocols.length > 0;
    void this.#looker.look(host.watch, outcome, asked, setLook).finally(() => this.#looked(host));
  }

  #looked(host: HostTally): void {
    host.pending -= 1;
    this.#waiting -= 1;
    this.#check(host);
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #check(host: HostTally): void {
    if (!host.told || host.pending > 0 || !this.#hosts.has(host.address)) return;
    if (!host.concluded && this.#conclude(host)) return;
    this.#hosts.delete(host.address);
    this.#looker.forget(host.address);
    this.#transports.forget(host.address);
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
    const { address, answered, unasked, missing } = tally;
    const names = this.#input.namesOf(address);
    // a /8 has 16 million silent addresses that nobody will read of
    const worth = answered || names.length > 0;
    const edge = worth ? this.#input.edgeOf?.(address) : undefined;
    const judge: JudgePhantoms = (phantoms, port) => {
      const outcome = {
        address,
        transport: 'tcp',
        port,
        state: 'open',
        reason: 'syn-ack',
      } as const;
      const nothing = {
        service: null,
        amplification: null,
        identified: true,
        source: undefined,
      };
      return this.#input.judge({ outcome, names, ...nothing, edge, phantoms });
    };
    const told = tally.result(names, edge, judge);
    return { ...told, complete: complete || tally.told, answered, unasked, missing };
  }
}

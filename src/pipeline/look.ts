import type { Readable } from 'node:stream';
import { DATAGRAM_PROTOCOLS } from '../identify/datagrams.ts';
import { PROTOCOLS } from '../identify/registry.ts';
import { messageOf, type PosternError, problem } from '../model/errors.ts';
import type { PortState, Transport } from '../model/port.ts';
import type { Problem, ScanReport, ScanStats, Vantage } from '../model/scan.ts';
import { compareSeverity } from '../model/verdict.ts';
import type { Resolver } from '../net/dns.ts';
import type { Engine, Pace } from '../probe/engine.ts';
import type { Exclusions } from '../targets/exclude.ts';
import { countAddresses, type Expansion, expand } from '../targets/expand.ts';
import { formatPorts } from '../targets/ports.ts';
import { formatShard, type Shard, shardPorts } from '../targets/shard.ts';
import type { Spent } from './journal/entry.ts';
import type { Journal } from './journal/open.ts';
import type { JournalWriter } from './journal/writer.ts';
import { Notebook, noting, type TargetRequest, targetsOf } from './notebook.ts';
import { newProgress, type Progress } from './progress.ts';
import { Beginning } from './restore.ts';
import { type HostResult, type ScanInput, scanHosts } from './scan.ts';

export interface LookRequest {
  readonly targets: readonly string[];
  /** What `-` reads. */
  readonly stdin?: Readable;
  readonly exclusions: Exclusions;
  readonly resolver: Resolver;
  /** TCP ports; may be empty where there are UDP ports. */
  readonly ports: readonly number[];
  readonly engine: Engine;
  /** Absent: no UDP port is looked at. */
  readonly udp?: { readonly ports: readonly number[]; readonly engine: Engine };
  readonly pace: Pace;
  readonly timeoutMs?: number;
  readonly identify: boolean;
  readonly judge: ScanInput['judge'];
  readonly edgeOf: NonNullable<ScanInput['edgeOf']>;
  readonly show: readonly PortState[];
  readonly seed: number;
  /** The part of the scan that is done; absent: all of it. */
  readonly shard?: Shard;
  /**
   * Keeps what is told, so that a later run goes on, and knows what earlier runs told. The targets
   * come from it. The caller holds its lock until `run` has ended.
   */
  readonly journal?: Journal;
  readonly signal: AbortSignal;
  /** UUID of the scan. */
  readonly id: string;
  /** `postern` and its version. */
  readonly tool: string;
  /** Name of this machine. */
  readonly machine: string;
  readonly now: () => Date;
  readonly onProblem: (problem: Problem) => void;
  /** Something worth a line that is no failure. */
  readonly onNote: (message: string) => void;
}

/** One look from targets to report. `progress` and `total` may be read while `run` is under way. */
export interface Look {
  readonly progress: Progress;
  /** Outcomes expected in all; undefined while not all targets have been read. */
  total(): number | undefined;
  run(): Promise<ScanReport>;
}

export function look(request: LookRequest): Look {
  const progress = newProgress();
  const notebook = new Notebook(request.onProblem);
  const expansion = expand(targetsOf(request, notebook), {
    exclusions: request.exclusions,
    resolver: request.resolver,
    onProblem: (trouble) => notebook.problem(trouble),
    signal: request.signal,
    seed: request.seed,
  });
  return {
    progress,
    total: () => {
      const { addresses, complete } = expansion.counted();
      const { ports, udp, shard } = request;
      const each = (ports.length + (udp?.ports.length ?? 0)) / (shard?.of ?? 1);
      return complete ? Math.round(addresses * each) : undefined;
    },
    run: () => new Run(request, progress, notebook, expansion).run(),
  };
}

/** Distinct addresses of the targets: reads them and resolves names, and scans nothing. */
export function countTargets(
  request: TargetRequest & Pick<LookRequest, 'exclusions' | 'resolver'>,
  onProblem: LookRequest['onProblem'],
): Promise<number> {
  const { exclusions, resolver, signal } = request;
  const notebook = new Notebook(onProblem);
  return countAddresses(targetsOf(request, notebook), {
    exclusions,
    resolver,
    signal,
    onProblem: (trouble) => notebook.problem(trouble),
  });
}

class Run {
  readonly #request: LookRequest;
  readonly #progress: Progress;
  readonly #notebook: Notebook;
  readonly #expansion: Expansion;
  readonly #shares: Shares | undefined;
  readonly #beginning: Beginning;
  readonly #startedAt: Date;
  #probedAt: Date | undefined;

  constructor(request: LookRequest, progress: Progress, notebook: Notebook, expansion: Expansion) {
    this.#request = request;
    this.#progress = progress;
    this.#notebook = notebook;
    this.#expansion = expansion;
    this.#shares = sharesOf(request);
    this.#beginning = new Beginning(progress, portCounter(request, this.#shares));
    this.#startedAt = request.now();
  }

  async run(): Promise<ScanReport> {
    const { journal, show, signal } = this.#request;
    if (journal === undefined) return await this.#scan();
    await this.#beginning.read(journal);
    if (this.#beginning.scan !== null) return await this.#again(journal, this.#beginning.scan);
    for (const found of this.#beginning.problems) this.#notebook.problem(found);
    const writer = await journal.writer({
      show: new Set(show),
      spent: () => this.#spent(),
      onFailure: (failure) => this.#notebook.problem(failure),
    });
    try {
      const report = await this.#scan(writer);
      if (!signal.aborted) writer.add({ type: 'end', scan: withoutPlan(report.scan) });
      return report;
    } finally {
      await writer.close();
    }
  }

  /** The report of a scan that is over. */
  async #again(journal: Journal, scan: ScanReport['scan']): Promise<ScanReport> {
    const targets: string[] = [];
    for await (const { target } of journal.targets()) targets.push(target.text);
    const scope = { ...scan.scope, targets, exclude: journal.exclude };
    return this.#report({ ...scan, scope });
  }

  async #scan(writer?: JournalWriter): Promise<ScanReport> {
    for await (const result of scanHosts(this.#input(writer))) this.#take(result, writer);
    for (const [reason, count] of this.#progress.unasked) {
      const ports = `${count} ${count === 1 ? 'port' : 'ports'}`;
      this.#notebook.problem(problem('PORTS_NOT_ASKED', { count: ports, reason }));
    }
    noteEmptiness(this.#request, this.#notebook);
    const { id, tool, now, signal, journal } = this.#request;
    return this.#report({
      id,
      tool,
      startedAt: journal?.header.startedAt ?? this.#startedAt.toISOString(),
      endedAt: now().toISOString(),
      complete: this.#beginning.complete && !signal.aborted,
      scope: scopeOf(this.#request, this.#notebook),
      stats: statsOf(this.#progress, this.#spent().ms),
      problems: this.#notebook.problems,
    });
  }

  #take(result: HostResult, writer: JournalWriter | undefined): void {
    const { host, findings, complete, unasked, missing } = result;
    const { signal } = this.#request;
    const known = this.#beginning;
    if (!complete) known.complete = false;
    const listed = this.#notebook.isWorthListing(result);
    if (listed) known.hosts.push(host);
    for (const finding of findings) known.findings.push(finding);
    // after cancelling, ports were not asked what they are: another run does it
    if (writer === undefined || signal.aborted) return;
    if (missing > 0) {
      this.#keep(problem('RESUME_GONE', { address: host.address, ports: missing }), writer);
    }
    writer.host({ type: 'host', host, findings, complete, listed, unasked });
  }

  #report(scan: ScanReport['scan']): ScanReport {
    const { hosts, findings } = this.#beginning;
    findings.sort((a, b) => compareSeverity(b.severity, a.severity));
    return { schema: 'postern.scan/1', scan, hosts, findings };
  }

  #spent(): Spent {
    const { probes, retries, slowdowns } = this.#progress.engine;
    const until = this.#probedAt ?? this.#request.now();
    const ms = this.#beginning.spentMs + until.getTime() - this.#startedAt.getTime();
    return { probes, retries, slowdowns, ms };
  }

  #input(writer: JournalWriter | undefined): ScanInput {
    const { ports, engine, pace, seed, judge, edgeOf, signal, timeoutMs, identify } = this.#request;
    const shares = this.#shares;
    return {
      ports,
      engine,
      pace,
      seed,
      signal,
      judge,
      edgeOf,
      addresses: noting(this.#expansion.addresses, this.#notebook),
      namesOf: (address) => this.#expansion.namesOf(address),
      progress: this.#progress,
      show: new Set(this.#request.show),
      protocols: identify ? PROTOCOLS : [],
      warn: this.#request.onNote,
      onProbed: () => {
        this.#probedAt = this.#request.now();
      },
      onFault: (protocol, fault) => {
        const values = { protocol, problem: messageOf(fault) };
        this.#keep(problem('PLUGIN_FAULT', values, fault), writer);
      },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(shares === undefined ? {} : { portsOf: shares.tcp }),
      ...this.#udpInput(),
      ...(writer === undefined ? {} : { recorder: writer, past: this.#beginning.past }),
    };
  }

  #udpInput(): Pick<ScanInput, 'udp'> {
    const { udp, identify } = this.#request;
    if (udp === undefined) return {};
    const protocols = identify ? DATAGRAM_PROTOCOLS : [];
    const portsOf = this.#shares?.udp;
    return { udp: { ...udp, protocols, ...(portsOf === undefined ? {} : { portsOf }) } };
  }

  /** A problem that would not show up again when the scan is resumed; one that did is not told twice. */
  #keep({ code, message }: PosternError, writer: JournalWriter | undefined): void {
    if (this.#beginning.problems.some((known) => known.message === message)) return;
    this.#notebook.problem({ code, message });
    writer?.add({ type: 'problem', code, message });
  }
}

type PortsOf = (address: string) => readonly number[];
type Shares = Readonly<Record<Transport, PortsOf>>;

/** The shard's part of each address; undefined when all of it is scanned. */
function sharesOf({ shard, ports, udp }: LookRequest): Shares | undefined {
  if (shard === undefined) return undefined;
  // dealt out together: a part has at most one port of a host more than another
  const before = ports.length;
  return { tcp: shardPorts(ports, shard), udp: shardPorts(udp?.ports ?? [], shard, before) };
}

function portCounter({ ports, udp }: LookRequest, shares: Shares | undefined) {
  const whole = ports.length + (udp?.ports.length ?? 0);
  if (shares === undefined) return () => whole;
  return (address: string) => shares.tcp(address).length + shares.udp(address).length;
}

/** Targets and exclusions stand in the journal already, by the million perhaps. */
function withoutPlan(scan: ScanReport['scan']): ScanReport['scan'] {
  return { ...scan, scope: { ...scan.scope, targets: [], exclude: [] } };
}

/** A scan of nothing is a slip: all of it was excluded, or a file was empty. */
function noteEmptiness({ signal, exclusions }: LookRequest, notebook: Notebook): void {
  const { given, problems, targets } = notebook;
  if (given.loopback || given.others || problems.length > 0 || signal.aborted) return;
  const excluded = targets.length > 0 && exclusions.texts.length > 0;
  notebook.problem(
    problem('NO_TARGETS', { value: excluded ? 'all are excluded' : 'none was given' }),
  );
}

function scopeOf(request: LookRequest, notebook: Notebook): ScanReport['scan']['scope'] {
  const { loopback, others } = notebook.given;
  const vantage: Vantage = {
    kind: loopback && !others ? 'loopback' : 'host',
    name: request.machine,
  };
  return {
    targets: notebook.targets,
    exclude: request.exclusions.texts,
    ...transportScope(request),
    ...(request.shard === undefined ? {} : { shard: formatShard(request.shard) }),
    vantage,
  };
}

function transportScope({ ports, engine, udp }: LookRequest) {
  const scanned = [
    ...(ports.length > 0 ? [{ transport: engine.transport, engine }] : []),
    ...(udp === undefined ? [] : [{ transport: udp.engine.transport, engine: udp.engine }]),
  ];
  return {
    ports: { tcp: formatPorts(ports), udp: formatPorts(udp?.ports ?? []) },
    transports: scanned.map(({ transport }) => transport),
    engine: scanned.map((one) => one.engine.name).join('+'),
  };
}

function statsOf(progress: Progress, probingMs: number): ScanStats {
  const { probes, retries, slowdowns, loss } = progress.engine;
  return {
    hosts: progress.hosts,
    probes,
    answered: progress.open + progress.refused,
    retries,
    achievedRate: probingMs <= 0 ? 0 : Math.round((probes / probingMs) * 1000),
    slowdowns,
    ...(loss === undefined ? {} : { loss }),
  };
}

import type { Readable } from 'node:stream';
import { PROTOCOLS } from '../identify/registry.ts';
import { messageOf, type PosternError, problem } from '../model/errors.ts';
import { isLoopback } from '../model/network.ts';
import type { PortState } from '../model/port.ts';
import type { HostRecord, Problem, ScanReport, ScanStats, Vantage } from '../model/scan.ts';
import { compareSeverity, type Finding } from '../model/verdict.ts';
import type { Resolver } from '../net/dns.ts';
import type { Engine, Pace } from '../probe/engine.ts';
import { addressAt } from '../targets/address.ts';
import type { Exclusions } from '../targets/exclude.ts';
import { countAddresses, type Expansion, expand } from '../targets/expand.ts';
import { formatPorts } from '../targets/ports.ts';
import { type Leaf, readTargets } from '../targets/read.ts';
import type { Placed } from '../targets/target.ts';
import type { PhantomSearch } from './phantoms.ts';
import { type HostResult, newProgress, type Progress, type ScanInput, scanHosts } from './scan.ts';

/** Problems kept word for word; a file with a million bad lines has as many. */
const MAX_PROBLEMS = 1000;

export interface LookRequest {
  readonly targets: readonly string[];
  /** What `-` reads. */
  readonly stdin?: Readable;
  readonly exclusions: Exclusions;
  readonly resolver: Resolver;
  /** TCP ports. */
  readonly ports: readonly number[];
  readonly engine: Engine;
  readonly pace: Pace;
  readonly timeoutMs?: number;
  readonly identify: boolean;
  /** How phantoms are looked for; absent: not at all. */
  readonly phantoms?: PhantomSearch;
  readonly judge: ScanInput['judge'];
  readonly show: readonly PortState[];
  readonly seed: number;
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
  const notebook = new Notebook(request);
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
      return complete ? addresses * request.ports.length : undefined;
    },
    run: () => run(request, progress, notebook, expansion),
  };
}

/** Distinct addresses of the targets: reads them and resolves names, and scans nothing. */
export function countTargets(
  request: Pick<LookRequest, 'targets' | 'stdin' | 'signal' | 'exclusions' | 'resolver'>,
  onProblem: LookRequest['onProblem'],
): Promise<number> {
  const { exclusions, resolver, signal } = request;
  const notebook = new Notebook({ onProblem });
  return countAddresses(targetsOf(request, notebook), {
    exclusions,
    resolver,
    signal,
    onProblem: (trouble) => notebook.problem(trouble),
  });
}

/** What is noted on the way and goes into the report. */
class Notebook {
  readonly #request: Pick<LookRequest, 'onProblem'>;
  readonly problems: Problem[] = [];
  readonly targets: string[] = [];
  /** Addresses that the user wrote one by one. */
  readonly written = new Set<string>();
  /** What kinds of addresses were handed to the engine. */
  readonly given = { loopback: false, others: false };

  constructor(request: Pick<LookRequest, 'onProblem'>) {
    this.#request = request;
  }

  target(target: Leaf): void {
    this.targets.push(target.text);
    const [block] = target.kind === 'address' ? target.blocks : [];
    if (block !== undefined) this.written.add(addressAt(block, 0));
  }

  problem({ code, message }: Pick<PosternError, 'code' | 'message'>): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ code, message });
    this.#request.onProblem({ code, message });
  }
}

/** The targets with their files read; what is no target becomes a problem and the rest goes on. */
async function* targetsOf(
  { targets, stdin, signal }: Pick<LookRequest, 'targets' | 'stdin' | 'signal'>,
  notebook: Notebook,
): AsyncGenerator<Placed<Leaf>> {
  const texts = readTargets(targets, {
    ...(stdin === undefined ? {} : { stdin }),
    signal,
    onProblem: (found) => notebook.problem(found),
  });
  for await (const placed of texts) {
    notebook.target(placed.target);
    yield placed;
  }
}

async function* noting(addresses: AsyncIterable<string>, notebook: Notebook) {
  for await (const address of addresses) {
    notebook.given[isLoopback(address) ? 'loopback' : 'others'] = true;
    yield address;
  }
}

async function run(
  request: LookRequest,
  progress: Progress,
  notebook: Notebook,
  expansion: Expansion,
): Promise<ScanReport> {
  const startedAt = request.now();
  let probedAt = startedAt;
  const hosts: HostRecord[] = [];
  const findings: Finding[] = [];
  let complete = true;
  const results = scanHosts({
    ...inputOf(request, progress, notebook),
    addresses: noting(expansion.addresses, notebook),
    namesOf: (address) => expansion.namesOf(address),
    onProbed: () => {
      probedAt = request.now();
    },
  });
  for await (const result of results) {
    if (!result.complete) complete = false;
    if (isWorthListing(result, notebook)) hosts.push(result.host);
    findings.push(...result.findings);
    if (result.host.shuns !== undefined) {
      notebook.problem(problem('HOST_SHUNS', { address: result.host.address }));
    }
  }
  for (const [reason, count] of progress.unasked) {
    const ports = `${count} ${count === 1 ? 'port' : 'ports'}`;
    notebook.problem(problem('PORTS_NOT_ASKED', { count: ports, reason }));
  }
  noteEmptiness(request, notebook);
  return {
    schema: 'postern.scan/1',
    scan: {
      id: request.id,
      tool: request.tool,
      startedAt: startedAt.toISOString(),
      endedAt: request.now().toISOString(),
      complete: complete && !request.signal.aborted,
      scope: scopeOf(request, notebook),
      stats: statsOf(progress, probedAt.getTime() - startedAt.getTime()),
      problems: notebook.problems,
    },
    hosts,
    findings: findings.sort((a, b) => compareSeverity(b.severity, a.severity)),
  };
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

function inputOf(request: LookRequest, progress: Progress, notebook: Notebook) {
  const { ports, engine, pace, seed, signal, judge, timeoutMs, phantoms } = request;
  return {
    ports,
    engine,
    pace,
    seed,
    signal,
    judge,
    progress,
    show: new Set(request.show),
    protocols: request.identify ? PROTOCOLS : [],
    warn: request.onNote,
    onFault: (protocol: string, fault: unknown) =>
      notebook.problem(problem('PLUGIN_FAULT', { protocol, problem: messageOf(fault) }, fault)),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(phantoms === undefined ? {} : { phantoms }),
  };
}

/** Silent addresses of a block are counted in `stats.hosts` and not listed: a /8 has 16 million. */
function isWorthListing({ answered, host }: HostResult, notebook: Notebook): boolean {
  return answered || host.names.length > 0 || notebook.written.has(host.address);
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
    ports: { tcp: formatPorts(request.ports), udp: '' },
    transports: ['tcp'],
    engine: request.engine.name,
    vantage,
  };
}

function statsOf(progress: Progress, probingMs: number): ScanStats {
  const { probes, retries, slowdowns } = progress.engine;
  return {
    hosts: progress.hosts,
    probes,
    answered: progress.open + progress.refused,
    retries,
    achievedRate: probingMs <= 0 ? 0 : Math.round((probes / probingMs) * 1000),
    slowdowns,
  };
}

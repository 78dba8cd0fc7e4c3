import { randomInt, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { judge } from '../judge/judge.ts';
import { isLoopback } from '../model/loopback.ts';
import type { Policy } from '../model/policy.ts';
import type { Vantage } from '../model/scan.ts';
import { createResolver, type Resolver } from '../net/dns.ts';
import { EdgeTable } from '../pipeline/edges.ts';
import type { Journal } from '../pipeline/journal/open.ts';
import type { LookRequest } from '../pipeline/look.ts';
import type { PhantomSearch } from '../pipeline/phantoms.ts';
import type { Seen } from '../pipeline/scan.ts';
import { chooseEngineWithNote, chooseUdpEngine, type EngineChoice } from '../probe/engines.ts';
import { createObserver } from '../probe/phantom/observers.ts';
import { readExclusions } from '../targets/exclude.ts';
import { choosePorts } from './choose.ts';
import { chooseEdges } from './edges.ts';
import type { ScanOptions } from './options.ts';
import { choosePolicy, type PolicyFile, readPolicy } from './policy-file.ts';

/** What is scanned, from the command line or from the file of an earlier run. */
export interface Choice {
  readonly targets: readonly string[];
  readonly options: ScanOptions;
  readonly policy: PolicyFile | null;
  readonly journal?: Journal;
}

export async function choose(targets: readonly string[], options: ScanOptions): Promise<Choice> {
  return { targets, options, policy: await readPolicy(options) };
}

export type Prepared = Omit<LookRequest, 'onProblem' | 'onNote'> & {
  readonly note: string | null;
  readonly lacksRights: boolean;
};

/** All that a look takes; engines are chosen here. `resolver`: default as this machine's programs. */
export async function requestFor(
  { targets, options, policy: file, journal }: Choice,
  version: string,
  signal: AbortSignal,
  resolver: Resolver = createResolver({ signal }),
): Promise<Prepared> {
  const { tcp: ports, udp } = choosePorts(options, targets);
  const policy = await choosePolicy(file);
  const { engine, note, lacksRights } = await chooseEngineWithNote(options.engine);
  const edges = new EdgeTable(await chooseEdges(options.edges));
  const second = udp.length === 0 ? null : await udpEngine(options);
  return {
    targets,
    stdin: process.stdin,
    exclusions: await readExclusions(options.exclude, { resolver, signal }),
    resolver,
    ports,
    engine,
    note: note ?? second?.note ?? null,
    lacksRights,
    ...(second === null ? {} : { udp: { ports: udp, engine: second.engine } }),
    pace: { rate: options.rate, perHost: options.perHost },
    identify: options.identify,
    phantoms: await phantomSearch(options, engine.name),
    judge: judgeWith(policy),
    edgeOf: (address) => edges.of(address),
    show: options.show,
    seed: options.seed ?? randomInt(2 ** 32),
    signal,
    id: journal?.header.id ?? randomUUID(),
    tool: `postern ${version}`,
    machine: hostname(),
    now: () => new Date(),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
    ...(options.shard === undefined ? {} : { shard: options.shard }),
    ...(journal === undefined ? {} : { journal }),
  };
}

/** Loaded only when UDP ports are named: what is asked over UDP. */
async function udpEngine({ engine: name }: ScanOptions): Promise<EngineChoice> {
  const { QUESTIONS } = await import('../identify/datagrams.ts');
  return chooseUdpEngine(name, QUESTIONS);
}

/** With `--no-identify` nothing is said to any port, unless phantoms were asked for by name. */
async function phantomSearch(
  { phantoms, identify }: ScanOptions,
  engine: string,
): Promise<PhantomSearch> {
  const mode = identify || phantoms === 'always' ? phantoms : 'never';
  return { mode, observer: await createObserver(engine) };
}

/** Binds the policy and the time of the look; every port is judged by the same clock. */
function judgeWith(policy: Policy): LookRequest['judge'] {
  const now = new Date().toISOString();
  const name = hostname();
  return ({ outcome, names, service, identified, source, edge, amplification, phantoms }: Seen) => {
    const { address, transport, port, state } = outcome;
    const vantage: Vantage = { kind: isLoopback(address) ? 'loopback' : 'host', name };
    const input = {
      ...{ address, names, transport, port, state, service, identified, amplification },
      ...(edge === undefined ? {} : { edge }),
      ...(phantoms === undefined ? {} : { phantoms }),
    };
    return judge(input, policy, {
      now,
      vantage,
      ...(source === undefined ? {} : { source }),
    });
  };
}

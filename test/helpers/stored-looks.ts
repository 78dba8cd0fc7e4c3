import { randomUUID } from 'node:crypto';
import type { PortState } from '../../src/model/port.ts';
import type { HostRecord, PortRecord, ScanReport } from '../../src/model/scan.ts';
import type { Service } from '../../src/model/service.ts';
import type { Finding, Severity } from '../../src/model/verdict.ts';
import { portsIn } from '../../src/store/port-set.ts';

/** What a look saw of one TCP port; a word for what has no more to tell. */
export type Saw =
  | Exclude<PortState, 'open|filtered'>
  | { readonly service?: Service; readonly severity?: Severity };

export interface LookOf {
  readonly id?: string;
  /** Milliseconds. */
  readonly at: number;
  readonly vantage?: string;
  readonly targets?: readonly string[];
  readonly exclude?: readonly string[];
  readonly tcp: string;
  readonly complete?: boolean;
  readonly shard?: string;
  /** Per address, per port; ports of the scope that are not named were closed. */
  readonly hosts: Readonly<Record<string, Readonly<Record<number, Saw>>>>;
  readonly names?: Readonly<Record<string, readonly string[]>>;
}

const REASON = {
  open: 'syn-ack',
  closed: 'rst',
  filtered: 'no-response',
  unreachable: 'icmp-host-unreachable',
  'local-error': 'descriptors',
} as const;

/** A report as `postern scan` makes it: open ports listed, the others counted. */
export function lookOf(about: LookOf): ScanReport {
  const { at, tcp, vantage = 'here', targets = Object.keys(about.hosts) } = about;
  const hosts = Object.entries(about.hosts).map(([address, saw]) => hostOf(about, address, saw));
  return {
    schema: 'postern.scan/1',
    scan: {
      id: about.id ?? randomUUID(),
      tool: 'postern test',
      startedAt: new Date(at - 1000).toISOString(),
      endedAt: new Date(at).toISOString(),
      complete: about.complete ?? true,
      scope: {
        targets,
        exclude: about.exclude ?? [],
        ports: { tcp, udp: '' },
        transports: ['tcp'],
        engine: 'node',
        ...(about.shard === undefined ? {} : { shard: about.shard }),
        vantage: { kind: 'host', name: vantage },
      },
      stats: {
        hosts: hosts.length,
        probes: 0,
        answered: 0,
        retries: 0,
        achievedRate: 0,
        slowdowns: 0,
      },
      problems: [],
    },
    hosts,
    findings: hosts.flatMap(({ ports }) => ports.flatMap(findingOf)),
  };
}

function hostOf(
  { tcp, names = {} }: LookOf,
  address: string,
  saw: Readonly<Record<number, Saw>>,
): HostRecord {
  const states = portsIn(tcp).map((port) => ({ port, saw: saw[port] ?? 'closed' }));
  const count = (state: PortState) => states.filter((one) => stateOf(one.saw) === state).length;
  const known = names[address] ?? [];
  return {
    address,
    names: known,
    counts: {
      open: count('open'),
      verified: 0,
      closed: count('closed'),
      filtered: count('filtered'),
      unreachable: count('unreachable'),
      localError: count('local-error'),
    },
    ports: states
      .filter((one) => stateOf(one.saw) === 'open')
      .map((one) => portOf(address, known, one.port, one.saw)),
  };
}

function stateOf(saw: Saw): keyof typeof REASON {
  return typeof saw === 'string' ? saw : 'open';
}

function portOf(address: string, names: readonly string[], port: number, saw: Saw): PortRecord {
  const { service, severity } = typeof saw === 'string' ? {} : saw;
  return {
    address,
    names,
    transport: 'tcp',
    port,
    state: 'open',
    reason: REASON[stateOf(saw)],
    ...(service === undefined ? {} : { service, standing: 'verified' as const }),
    verdict: {
      level: severity === undefined ? 'expected' : 'close',
      severity: severity ?? 'info',
      rule: severity === undefined ? 'test.expected' : 'test.exposed',
      why: 'The test says so.',
      todo: severity === undefined ? '' : 'Close it.',
    },
  };
}

function findingOf({ address, names, transport, port, verdict }: PortRecord): Finding[] {
  if (verdict === undefined || verdict.level === 'expected') return [];
  const { rule, severity, why, todo } = verdict;
  return [{ address, names, transport, port, rule, severity, why, todo, evidence: ['port: open'] }];
}

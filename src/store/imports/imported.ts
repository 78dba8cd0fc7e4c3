import type { PortState, Transport } from '../../model/port.ts';
import type { HostRecord, PortCounts, PortRecord, ScanReport, Scope } from '../../model/scan.ts';
import type { Service } from '../../model/service.ts';

/** One port of a report of another scanner. */
export interface ImportedPort {
  readonly transport: Transport;
  readonly port: number;
  readonly state: PortState;
  readonly service?: Service;
}

export interface ImportedHost {
  readonly address: string;
  readonly names: readonly string[];
  readonly ports: readonly ImportedPort[];
  /** Ports that are counted only. */
  readonly unlisted?: Partial<PortCounts>;
}

export interface Imported {
  readonly tool: string;
  /** ISO 8601; of the last look. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly complete: boolean;
  /** Empty where the report does not say what was asked: then nothing absent means anything. */
  readonly ports: Scope['ports'];
  readonly hosts: readonly ImportedHost[];
}

const REASON = {
  open: 'syn-ack',
  closed: 'rst',
  filtered: 'no-response',
  'open|filtered': 'no-response',
  unreachable: 'icmp-unreachable',
  'local-error': 'other-local',
} as const;

/** A report of another scanner in the shape of ours. It judges nothing and names no targets. */
export function reportOfImport(imported: Imported, id: string, vantage: string): ScanReport {
  const { tool, startedAt, endedAt, complete, ports } = imported;
  const hosts = imported.hosts.map(hostRecord);
  const transports = (['tcp', 'udp'] as const).filter((transport) =>
    hosts.some((host) => host.ports.some((port) => port.transport === transport)),
  );
  return {
    schema: 'postern.scan/1',
    scan: {
      ...{ id, tool, startedAt, endedAt, complete },
      scope: {
        ...{ targets: [], exclude: [], ports, transports, engine: tool.split(' ', 1)[0] ?? tool },
        vantage: { kind: 'host', name: vantage },
      },
      stats: {
        hosts: hosts.length,
        ...{ probes: 0, answered: 0, retries: 0, achievedRate: 0, slowdowns: 0 },
      },
      problems: [],
    },
    hosts,
    findings: [],
  };
}

function hostRecord({ address, names, ports, unlisted = {} }: ImportedHost): HostRecord {
  const count = (state: PortState) => ports.filter((port) => port.state === state).length;
  const counts: PortCounts = {
    open: count('open'),
    verified: ports.filter(({ service }) => service !== undefined).length,
    closed: count('closed') + (unlisted.closed ?? 0),
    filtered: count('filtered') + (unlisted.filtered ?? 0),
    openFiltered: count('open|filtered') + (unlisted.openFiltered ?? 0),
    unreachable: count('unreachable'),
    localError: count('local-error') + (unlisted.localError ?? 0),
  };
  const records = ports.map(
    ({ transport, port, state, service }): PortRecord => ({
      ...{ address, names, transport, port, state },
      reason: state === 'open' && transport === 'udp' ? 'udp-response' : REASON[state],
      ...(service === undefined ? {} : { service }),
      ...(state !== 'open' ? {} : { standing: service === undefined ? 'unverified' : 'verified' }),
    }),
  );
  return { address, names, counts, ports: records };
}

/** Joins what several lines say of one host; the last word on a port holds. */
export class HostGatherer {
  readonly #hosts = new Map<string, { names: Set<string>; ports: Map<string, ImportedPort> }>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  /** `at` in milliseconds; NaN where the line does not say. */
  add(address: string, name: string | undefined, port: ImportedPort, at: number): void {
    const host = this.#hosts.get(address) ?? { names: new Set(), ports: new Map() };
    this.#hosts.set(address, host);
    if (name !== undefined && name !== address) host.names.add(name.toLowerCase());
    const key = `${port.transport}/${port.port}`;
    const service = port.service ?? host.ports.get(key)?.service;
    host.ports.set(key, service === undefined ? port : { ...port, service });
    if (!Number.isFinite(at)) return;
    this.#first = Math.min(this.#first, at);
    this.#last = Math.max(this.#last, at);
  }

  get hosts(): ImportedHost[] {
    return [...this.#hosts].map(([address, { names, ports }]) => ({
      address,
      names: [...names],
      ports: [...ports.values()],
    }));
  }

  /** Null: no line said when. */
  get times(): { readonly startedAt: string; readonly endedAt: string } | null {
    if (!Number.isFinite(this.#last)) return null;
    return {
      startedAt: new Date(this.#first).toISOString(),
      endedAt: new Date(this.#last).toISOString(),
    };
  }
}

/** An address in canonical text, or null. The reader of addresses is the caller's. */
export type ReadAddress = (text: string) => string | null;

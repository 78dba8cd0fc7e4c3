import type { DatagramFacts, PortState, Reason, StackFacts, Transport } from '../../model/port.ts';
import type { HostRecord, Problem, ScanReport } from '../../model/scan.ts';
import type { Finding } from '../../model/verdict.ts';
import type { Limit } from '../../probe/engine.ts';

/** Name and version of the file; another version is refused. */
export const SCHEMA = 'postern.journal/1';

/** What a scan is bound to, besides its targets and exclusions: changing it is refused. */
export interface PlanSettings {
  /** Canonical text; empty when the transport is not scanned. */
  readonly ports: { readonly tcp: string; readonly udp: string };
  readonly seed: number;
  /** `2/3`; null: all of it. */
  readonly shard: string | null;
  readonly identify: boolean;
  /** States whose ports are listed one by one. */
  readonly show: readonly PortState[];
  /** The policy file as it was, since hosts have been judged by it. */
  readonly policy: { readonly path: string; readonly text: string } | null;
}

/** How a scan goes about it: kept so that it need not be said again, and free to change. */
export interface Manner {
  readonly engine: string;
  readonly rate: Limit | 'auto';
  readonly perHost: Limit | 'auto';
  readonly timeout: number | null;
}

/** Hexadecimal SHA-256 of what makes a plan, and of all of it. */
export interface Seal {
  readonly targets: string;
  readonly exclude: string;
  readonly hash: string;
}

/** Counters that go on over all runs of a scan; `ms`: time spent probing. */
export interface Spent {
  readonly probes: number;
  readonly retries: number;
  readonly slowdowns: number;
  readonly ms: number;
}

export interface Header {
  readonly type: 'journal';
  /** Another than ours comes from another version. */
  readonly schema: string;
  readonly tool: string;
  /** UUID of the scan. */
  readonly id: string;
  readonly startedAt: string;
  readonly settings: PlanSettings;
  readonly manner: Manner;
}

/** Ports of one address that came to the same. */
export interface ToldEntry {
  readonly type: 'told';
  readonly address: string;
  readonly transport: Transport;
  readonly state: PortState;
  readonly reason: Reason;
  /** Canonical text: `22,80,8000-8100`. */
  readonly ports: string;
  /** Milliseconds, in the order of `ports`; absent where no state with one is listed. */
  readonly rtt?: readonly number[];
  readonly stack?: StackFacts;
  readonly datagram?: Omit<DatagramFacts, 'payload'> & { readonly base64: string };
}

/** A host of which everything is known: its `told` entries are not needed any more. */
export interface HostEntry {
  readonly type: 'host';
  readonly host: HostRecord;
  readonly findings: readonly Finding[];
  readonly complete: boolean;
  readonly listed: boolean;
  readonly unasked: Unasked;
}

/** Ports of a host that could not be asked, by the reason on our own side. */
export type Unasked = Readonly<Partial<Record<Reason, number>>>;

/** Hosts that are finished and not listed, because nothing came back. */
export interface SilentEntry {
  readonly type: 'silent';
  readonly addresses: readonly string[];
  /** Of each of them. */
  readonly unasked: Unasked;
}

/** What one line of the file holds: the header, the plan with its seal at the end, then progress. */
export type Entry =
  | Header
  | { readonly type: 'targets'; readonly targets: readonly (readonly [string, string])[] }
  | { readonly type: 'exclude'; readonly exclude: readonly string[] }
  | ({ readonly type: 'plan' } & Seal)
  | ToldEntry
  | HostEntry
  | SilentEntry
  | ({ readonly type: 'problem' } & Problem)
  | ({ readonly type: 'spent' } & Spent)
  /** The scan is over; its targets and exclusions stand in the plan. */
  | { readonly type: 'end'; readonly scan: ScanReport['scan'] };

const TYPES: ReadonlySet<unknown> = new Set<Entry['type']>([
  'journal',
  'targets',
  'exclude',
  'plan',
  'told',
  'host',
  'silent',
  'problem',
  'spent',
  'end',
]);

export function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'type' in value && TYPES.has(value.type);
}

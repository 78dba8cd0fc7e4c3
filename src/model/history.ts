import type { PortState, Transport } from './port.ts';
import type { PhantomKind, Problem, Scope, Standing } from './scan.ts';
import type { Service } from './service.ts';
import type { Level, Severity, Verdict } from './verdict.ts';

/** Where a stored look came from. */
export const SOURCES = ['scan', 'audit', 'nmap', 'masscan', 'naabu', 'zgrab2'] as const;
export type LookSource = (typeof SOURCES)[number];

/** One stored look, without its ports. */
export interface StoredScan {
  /** UUID. */
  readonly id: string;
  readonly source: LookSource;
  readonly tool: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly complete: boolean;
  readonly scope: Scope;
  readonly hosts: number;
  readonly open: number;
  readonly problems: readonly Problem[];
  /** When retention took its report (ISO 8601 UTC); absent: it did not. */
  readonly reportTakenAt?: string;
}

/** The word that history has beside the states of a probe: nobody looked. */
export type HistoryState = 'open' | 'closed' | 'filtered' | 'unreachable';

/** What makes a service another one: never a time or a nonce in a banner. */
export interface ServiceIdentity {
  readonly protocol?: string;
  readonly product?: string;
  readonly version?: string;
  /** SHA-256 of the leaf certificate, lower-case hex. */
  readonly certificate?: string;
}

/** A time during which one port of one address, seen from one vantage, stayed as it was. */
export interface Interval {
  readonly address: string;
  readonly names: readonly string[];
  readonly transport: Transport;
  readonly port: number;
  readonly vantage: string;
  readonly state: HistoryState;
  readonly service?: Service;
  readonly standing?: Standing;
  readonly phantom?: PhantomKind;
  readonly verdict?: Verdict;
  /** First and last look that saw it so, and the last look that covered it at all (ISO 8601 UTC). */
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly lastCovered: string;
  /** When a look saw something else; absent: it is so now. */
  readonly endedAt?: string;
  /** Covering looks in a row that were met with silence since; damped until policy's count is reached. */
  readonly silences: number;
}

export const CHANGE_KINDS = ['opened', 'reopened', 'closed', 'service', 'verdict'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One thing that changed, as `postern diff` prints it and alerts tell it. */
export interface Change {
  readonly kind: ChangeKind;
  readonly at: string;
  readonly address: string;
  readonly names: readonly string[];
  /** Name of the machine that looked; `nmap` and the like for imports that do not say. */
  readonly vantage: string;
  readonly transport: Transport;
  readonly port: number;
  readonly before?: ChangeSide;
  readonly after?: ChangeSide;
}

export interface ChangeSide {
  readonly state: HistoryState;
  readonly identity: ServiceIdentity;
  readonly level?: Level;
  readonly severity?: Severity;
}

export const FINDING_STATUSES = ['open', 'accepted', 'resolved'] as const;
export type FindingStatus = (typeof FINDING_STATUSES)[number];

/** From where something is known: a scan, an audit of the host itself, or the two together. */
export const VIEWS = ['outside', 'inside', 'both'] as const;
export type View = (typeof VIEWS)[number];

/** A finding with its life. */
export interface FindingRecord {
  readonly id: string;
  readonly address: string;
  readonly names: readonly string[];
  readonly vantage: string;
  readonly transport: Transport;
  readonly port: number;
  readonly rule: string;
  readonly severity: Severity;
  readonly why: string;
  readonly todo: string;
  readonly evidence: readonly string[];
  /** The view it rests on. */
  readonly view: View;
  readonly status: FindingStatus;
  readonly openedAt: string;
  readonly lastSeen: string;
  readonly resolvedAt?: string;
  /** Times it came back within 90 days of being resolved. */
  readonly reopened: number;
  readonly accepted?: { readonly reason: string; readonly by: string; readonly until: string };
  readonly assignee?: string;
}

const HISTORY_STATES: Readonly<Record<PortState, HistoryState | null>> = {
  open: 'open',
  closed: 'closed',
  filtered: 'filtered',
  unreachable: 'unreachable',
  'open|filtered': 'filtered',
  'local-error': null,
};

/** States of a probe as history keeps them; null where the probe learned nothing about the port. */
export function historyState(state: PortState): HistoryState | null {
  return HISTORY_STATES[state];
}

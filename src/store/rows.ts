import type {
  Change,
  ChangeKind,
  ChangeSide,
  FindingRecord,
  FindingStatus,
  HistoryState,
  Interval,
  LookSource,
  StoredScan,
  View,
} from '../model/history.ts';
import type { PhantomKind, Problem, Scope, Standing } from '../model/scan.ts';
import type { Service } from '../model/service.ts';
import { SEVERITIES, type Severity, type Verdict } from '../model/verdict.ts';
import type { ChangeRow, FindingRow, IntervalRow, ScanRow } from './schema.ts';

/** A time of the store as the model writes it. */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}

function severityOf(rank: number): Severity {
  return SEVERITIES[rank] ?? 'info';
}

export function scanOf(row: ScanRow): StoredScan {
  return {
    id: row.id,
    source: row.source as LookSource,
    tool: row.tool,
    startedAt: isoOf(row.started_at),
    endedAt: isoOf(row.ended_at),
    complete: row.complete === 1,
    scope: JSON.parse(row.scope) as Scope,
    hosts: row.hosts,
    open: row.open,
    problems: JSON.parse(row.problems) as Problem[],
    ...(row.report_taken_at === null ? {} : { reportTakenAt: isoOf(row.report_taken_at) }),
  };
}

export function intervalOf(row: IntervalRow, names: readonly string[]): Interval {
  return {
    address: row.address,
    names,
    transport: row.transport,
    port: row.port,
    vantage: row.vantage,
    state: row.state as HistoryState,
    ...(row.service === null ? {} : { service: JSON.parse(row.service) as Service }),
    ...(row.standing === null ? {} : { standing: row.standing as Standing }),
    ...(row.phantom === null ? {} : { phantom: row.phantom as PhantomKind }),
    ...(row.verdict === null ? {} : { verdict: JSON.parse(row.verdict) as Verdict }),
    firstSeen: isoOf(row.first_seen),
    lastSeen: isoOf(row.last_seen),
    lastCovered: isoOf(row.last_covered),
    ...(row.ended_at === null ? {} : { endedAt: isoOf(row.ended_at) }),
    silences: row.silences,
  };
}

export function changeOf(row: ChangeRow): Change {
  return {
    kind: row.kind as ChangeKind,
    at: isoOf(row.at),
    address: row.address,
    names: JSON.parse(row.names) as string[],
    vantage: row.vantage,
    transport: row.transport,
    port: row.port,
    ...(row.before === null ? {} : { before: JSON.parse(row.before) as ChangeSide }),
    ...(row.after === null ? {} : { after: JSON.parse(row.after) as ChangeSide }),
  };
}

/** `now` (ms) decides whether an acceptance still holds. */
export function findingOf(row: FindingRow, now: number): FindingRecord {
  const held = row.accepted_until !== null && row.accepted_until > now;
  const status = row.status === 'accepted' && !held ? 'open' : (row.status as FindingStatus);
  return {
    id: row.id,
    address: row.address,
    names: JSON.parse(row.names) as string[],
    vantage: row.vantage,
    transport: row.transport,
    port: row.port,
    rule: row.rule,
    severity: severityOf(row.severity),
    why: row.why,
    todo: row.todo,
    evidence: JSON.parse(row.evidence) as string[],
    view: row.view as View,
    status,
    openedAt: isoOf(row.opened_at),
    lastSeen: isoOf(row.last_seen),
    ...(row.resolved_at === null ? {} : { resolvedAt: isoOf(row.resolved_at) }),
    reopened: row.reopened,
    ...(held && row.accepted_until !== null
      ? {
          accepted: {
            reason: row.accepted_reason ?? '',
            by: row.accepted_by ?? '',
            until: isoOf(row.accepted_until),
          },
        }
      : {}),
    ...(row.assignee === null ? {} : { assignee: row.assignee }),
  };
}

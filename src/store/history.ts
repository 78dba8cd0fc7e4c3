import type { Change, ChangeKind, ChangeSide, ServiceIdentity } from '../model/history.ts';
import type { Level, Severity } from '../model/verdict.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { Evidence } from './evidence.ts';
import { identityOf, isOther, joinIdentities } from './identity.ts';
import type { IntervalRow } from './schema.ts';

/** Looks in a row that must be met with silence before a port counts as filtered. RST counts at once. */
export const SILENCES_TO_CLOSE = 2;

const DAY_MS = 24 * 60 * 60 * 1000;
/** A port or finding that comes back within this time is the same one again. */
export const REOPEN_WITHIN_MS = 90 * DAY_MS;

export interface Place {
  readonly tenant: string;
  readonly address: string;
  readonly vantage: string;
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
}

export interface Step {
  /** Intervals to write: the current one as it is now, and the one that begins. */
  readonly rows: readonly IntervalRow[];
  readonly changes: readonly Pick<Change, 'kind' | 'before' | 'after'>[];
}

const NOTHING: Step = { rows: [], changes: [] };

/**
 * What evidence of time `at` (ms) makes of a port's current interval. Pure: same input, same output.
 * A port nobody ever saw open gets no interval: closed is what ports are.
 */
export function advance(
  current: IntervalRow | undefined,
  evidence: Evidence,
  place: Place,
  at: number,
): Step {
  if (current !== undefined && current.last_covered >= at) return NOTHING;
  if (current === undefined) return evidence.state === 'open' ? open(place, evidence, at) : NOTHING;
  if (evidence.state === 'open') {
    return current.state === 'open'
      ? seenAgain(current, evidence, at)
      : back(current, evidence, at);
  }
  if (evidence.vague && current.state !== 'open') {
    return { rows: [{ ...current, last_covered: at }], changes: [] };
  }
  if (evidence.state === current.state) {
    return { rows: [{ ...current, last_seen: at, last_covered: at, silences: 0 }], changes: [] };
  }
  if (evidence.state === 'closed') return shut(current, 'closed', at);
  return silent(current, evidence.state, at);
}

function open(place: Place, evidence: Evidence, at: number, kind: ChangeKind = 'opened'): Step {
  const row = newRow(place, evidence, at);
  // nothing is behind a phantom: it is kept, and is no door that opened
  const changes = row.phantom === null ? [{ kind, after: sideOf(row) }] : [];
  return { rows: [row], changes };
}

function back(current: IntervalRow, evidence: Evidence, at: number): Step {
  const kind = at - current.first_seen <= REOPEN_WITHIN_MS ? 'reopened' : 'opened';
  const { rows, changes } = open(current, evidence, at, kind);
  const before = sideOf(current);
  return {
    rows: [{ ...current, ended_at: at }, ...rows],
    changes: changes.map((change) => ({ ...change, before })),
  };
}

function seenAgain(current: IntervalRow, evidence: Evidence, at: number): Step {
  const before = identityIn(current);
  const seen = identityOf(evidence.record?.service);
  if (isOther(before, seen)) {
    const row = newRow(current, evidence, at);
    return {
      rows: [{ ...current, ended_at: at }, row],
      changes: [{ kind: 'service', before: sideOf(current), after: sideOf(row) }],
    };
  }
  const row = refreshed(current, evidence, joinIdentities(before, seen), at);
  const changes: Step['changes'][number][] = [];
  if (current.phantom !== null && row.phantom === null) {
    changes.push({ kind: 'opened', after: sideOf(row) });
  } else if (
    current.level !== null &&
    (current.level !== row.level || current.severity !== row.severity)
  ) {
    changes.push({ kind: 'verdict', before: sideOf(current), after: sideOf(row) });
  }
  return { rows: [row], changes };
}

/** A look that learned less leaves what is known. */
function refreshed(
  current: IntervalRow,
  evidence: Evidence,
  identity: ServiceIdentity,
  at: number,
): IntervalRow {
  const { record, phantom } = evidence;
  const verdict = verdictIn(evidence);
  return {
    ...current,
    last_seen: at,
    last_covered: at,
    silences: 0,
    identity: JSON.stringify(identity),
    service: record?.service === undefined ? current.service : JSON.stringify(record.service),
    standing: phantom === undefined ? (record?.standing ?? current.standing) : null,
    phantom: phantom?.kind ?? null,
    ...(verdict === undefined ? {} : verdictColumns(verdict)),
  };
}

function silent(current: IntervalRow, state: IntervalRow['state'], at: number): Step {
  const silences = current.silences + 1;
  if (silences >= SILENCES_TO_CLOSE) return shut(current, state, at);
  return { rows: [{ ...current, last_covered: at, silences }], changes: [] };
}

function shut(current: IntervalRow, state: IntervalRow['state'], at: number): Step {
  const after: IntervalRow = {
    ...current,
    ...{ first_seen: at, last_seen: at, last_covered: at, ended_at: null },
    ...{ state, silences: 0, standing: null, phantom: null, level: null, severity: null },
    ...{ identity: '{}', service: null, verdict: null },
  };
  const closes = current.state === 'open' && current.phantom === null;
  return {
    rows: [{ ...current, ended_at: at }, after],
    changes: closes ? [{ kind: 'closed', before: sideOf(current), after: sideOf(after) }] : [],
  };
}

function newRow(place: Place, evidence: Evidence, at: number): IntervalRow {
  const { record, phantom } = evidence;
  const { tenant, address, vantage, transport, port } = place;
  return {
    ...{ tenant, address, vantage, transport, port },
    ...{ first_seen: at, last_seen: at, last_covered: at, ended_at: null },
    state: evidence.state,
    silences: 0,
    standing: record?.standing ?? null,
    phantom: phantom?.kind ?? null,
    ...verdictColumns(verdictIn(evidence)),
    identity: JSON.stringify(identityOf(record?.service)),
    service: record?.service === undefined ? null : JSON.stringify(record.service),
  };
}

function verdictIn({ record, phantom }: Evidence) {
  return phantom?.verdict ?? record?.verdict;
}

function verdictColumns(verdict: ReturnType<typeof verdictIn>) {
  if (verdict === undefined) return { level: null, severity: null, verdict: null };
  return {
    level: verdict.level,
    severity: SEVERITIES.indexOf(verdict.severity),
    verdict: JSON.stringify(verdict),
  };
}

function identityIn(row: IntervalRow): ServiceIdentity {
  return JSON.parse(row.identity) as ServiceIdentity;
}

/** One side of a change, from the interval it is about. */
function sideOf(row: IntervalRow): ChangeSide {
  const severity: Severity | undefined = SEVERITIES[row.severity ?? -1];
  return {
    state: row.state as ChangeSide['state'],
    identity: identityIn(row),
    ...(row.level === null ? {} : { level: row.level as Level }),
    ...(severity === undefined ? {} : { severity }),
  };
}

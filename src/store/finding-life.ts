import type { Finding } from '../model/verdict.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { HostEvidence } from './evidence.ts';
import { REOPEN_WITHIN_MS } from './history.ts';
import type { FindingEventRow, FindingRow } from './schema.ts';

export interface FindingLook {
  readonly tenant: string;
  readonly vantage: string;
  readonly view: 'outside' | 'inside';
  /** Milliseconds. */
  readonly at: number;
  readonly newId: () => string;
}

export interface FindingSteps {
  readonly rows: readonly FindingRow[];
  readonly events: readonly FindingEventRow[];
}

type EventKind = 'opened' | 'changed' | 'resolved' | 'reopened';

/** Why a look is evidence that a finding is over; null: it is none. */
export type IsOver = (finding: FindingRow) => string | null;

/**
 * What the findings of one host become after a look. `known` are those of the host that are not
 * resolved, or were within 90 days, newest first.
 */
export function advanceFindings(
  known: readonly FindingRow[],
  seen: readonly Finding[],
  isOver: IsOver,
  look: FindingLook,
): FindingSteps {
  const rows: FindingRow[] = [];
  const events: FindingEventRow[] = [];
  const note = (finding: FindingRow, kind: EventKind, detail: string): void => {
    const { tenant, at, newId } = look;
    events.push({ tenant, id: newId(), finding: finding.id, at, kind, actor: null, detail });
  };
  const left = new Map<string, FindingRow>();
  for (const row of known) if (!left.has(keyOf(row))) left.set(keyOf(row), row);
  for (const finding of seen) {
    const key = keyOf(finding);
    const row = left.get(key);
    left.delete(key);
    // a later look has had its say
    if (row !== undefined && Math.max(row.last_seen, row.resolved_at ?? 0) > look.at) continue;
    rows.push(met(row, finding, look, note));
  }
  for (const row of left.values()) {
    if (row.status === 'resolved' || row.last_seen >= look.at) continue;
    const why = isOver(row);
    const after =
      why === null
        ? ended(row, look.at, note)
        : { ...row, status: 'resolved', resolved_at: look.at };
    if (why !== null) note(row, 'resolved', why);
    if (after !== row) rows.push(after);
  }
  return { rows, events };
}

type Note = (finding: FindingRow, kind: EventKind, detail: string) => void;

function met(
  row: FindingRow | undefined,
  finding: Finding,
  look: FindingLook,
  note: Note,
): FindingRow {
  if (row === undefined) return begun(finding, look, note);
  if (row.status === 'resolved') {
    if (look.at - (row.resolved_at ?? 0) > REOPEN_WITHIN_MS) return begun(finding, look, note);
    const held = row.accepted_until !== null && row.accepted_until > look.at;
    const again = {
      ...refreshed(row, finding, look.at),
      status: held ? 'accepted' : 'open',
      resolved_at: null,
      reopened: row.reopened + 1,
    };
    note(again, 'reopened', finding.why);
    return again;
  }
  const after = ended(refreshed(row, finding, look.at), look.at, note);
  if (after.severity !== row.severity) {
    note(after, 'changed', `severity: ${SEVERITIES[row.severity]} to ${finding.severity}`);
  }
  return after;
}

/** What is noted of a finding that is open again because its date has come. */
export const ACCEPTANCE_ENDED = 'the acceptance has ended';

/** An acceptance holds until its date. */
function ended(row: FindingRow, at: number, note: Note): FindingRow {
  if (row.status !== 'accepted' || row.accepted_until === null || row.accepted_until > at)
    return row;
  note(row, 'changed', ACCEPTANCE_ENDED);
  return { ...row, status: 'open' };
}

function begun(finding: Finding, look: FindingLook, note: Note): FindingRow {
  const { tenant, vantage, view, at, newId } = look;
  const { address, transport, port, rule } = finding;
  const row: FindingRow = {
    ...{ tenant, id: newId(), address, vantage, transport, port, rule, view },
    ...columnsOf(finding),
    ...{ status: 'open', opened_at: at, last_seen: at, resolved_at: null, reopened: 0 },
    ...{ accepted_reason: null, accepted_by: null, accepted_until: null, assignee: null },
  };
  note(row, 'opened', finding.why);
  return row;
}

function refreshed(row: FindingRow, finding: Finding, at: number): FindingRow {
  return { ...row, ...columnsOf(finding), last_seen: Math.max(row.last_seen, at) };
}

function columnsOf({ names, severity, why, todo, evidence }: Finding) {
  return {
    names: JSON.stringify(names),
    severity: SEVERITIES.indexOf(severity),
    why,
    todo,
    evidence: JSON.stringify(evidence),
  };
}

/**
 * What a look from outside says. `shut` tells which ports history now holds for shut: one silent look
 * resolves nothing.
 */
export function isOverOutside(
  evidence: HostEvidence,
  shut: (transport: 'tcp' | 'udp', port: number) => boolean,
): IsOver {
  return ({ transport, port }) => {
    const of = evidence.of(transport, port);
    if (of === null) return null;
    if (of.state !== 'open') return shut(transport, port) ? `the port is ${of.state}` : null;
    // judged, with all that a rule could have looked at, and the rule did not speak
    const judged = of.record?.verdict !== undefined && of.record.asked === undefined;
    const identified = of.record?.service !== undefined;
    return judged && identified ? 'the port is open, and the rule no longer applies' : null;
  };
}

function keyOf({ transport, port, rule }: FindingRow | Finding): string {
  return `${transport}/${port}/${rule}`;
}

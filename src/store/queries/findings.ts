import type { Kysely } from 'kysely';
import type { FindingRecord, FindingStatus } from '../../model/history.ts';
import { SEVERITIES, type Severity } from '../../model/verdict.ts';
import { rowsOf, type Step } from '../keyset.ts';
import { findingOf } from '../rows.ts';
import type { FindingRow, Tables } from '../schema.ts';

/** Findings of one status, worst first, then the newest. `now` (ms) ends acceptances. */
export async function findingList(
  db: Kysely<Tables>,
  tenant: string,
  asked: { readonly status: FindingStatus; readonly limit: number; readonly now: number },
): Promise<readonly FindingRecord[]> {
  const rows = await db
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('status', '=', asked.status)
    .orderBy('severity', 'desc')
    .orderBy('opened_at', 'desc')
    .orderBy('id')
    .limit(asked.limit)
    .execute();
  return rows.map((row) => findingOf(row, asked.now));
}

const WORST: readonly Step[] = [
  { columns: ['severity', 'opened_at'], order: 'desc' },
  { columns: ['id'], order: 'asc' },
];

/** The place of the last finding of a page. */
export type FindingCursor = Pick<FindingRow, 'severity' | 'opened_at' | 'id'>;

export interface FindingQuestion {
  readonly status: FindingStatus;
  /** This bad, or worse. */
  readonly severity?: Severity;
  readonly rule?: string;
  readonly address?: string;
  readonly assignee?: string;
  readonly limit: number;
  readonly after?: FindingCursor;
  /** Ends acceptances (ms). */
  readonly now: number;
}

/** A page of findings, worst first, then the newest. `next` is null where there are no more. */
export async function findingPage(
  db: Kysely<Tables>,
  tenant: string,
  { status, severity, rule, address, assignee, limit, after, now }: FindingQuestion,
): Promise<{ readonly findings: readonly FindingRecord[]; readonly next: FindingCursor | null }> {
  let query = db
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('status', '=', status);
  if (severity !== undefined) query = query.where('severity', '>=', SEVERITIES.indexOf(severity));
  if (rule !== undefined) query = query.where('rule', '=', rule);
  if (address !== undefined) query = query.where('address', '=', address);
  if (assignee !== undefined) query = query.where('assignee', '=', assignee);
  const rows = await rowsOf(query, WORST, { limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  return {
    findings: shown.map((row) => findingOf(row, now)),
    next: rows.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

/** Every finding of a host that is not resolved, worst first; at most `limit`. */
export async function hostFindings(
  db: Kysely<Tables>,
  tenant: string,
  {
    address,
    limit,
    now,
  }: { readonly address: string; readonly limit: number; readonly now: number },
): Promise<readonly FindingRecord[]> {
  const rows = await db
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('address', '=', address)
    .where('status', '!=', 'resolved')
    .orderBy('severity', 'desc')
    .orderBy('opened_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => findingOf(row, now));
}

/** One finding; null: there is none of this id. */
export async function findingById(
  db: Kysely<Tables>,
  tenant: string,
  { id, now }: { readonly id: string; readonly now: number },
): Promise<FindingRecord | null> {
  const row = await db
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : findingOf(row, now);
}

/** The id that begins so; null: there is none, or more than one. */
export async function findingBeginning(
  db: Kysely<Tables>,
  tenant: string,
  beginning: string,
): Promise<string | null> {
  if (!/^[0-9a-f-]{4,36}$/.test(beginning)) return null;
  const rows = await db
    .selectFrom('findings')
    .select('id')
    .where('tenant', '=', tenant)
    .where('id', '>=', beginning)
    // no digit sorts behind ~
    .where('id', '<', `${beginning}~`)
    .limit(2)
    .execute();
  const [only, other] = rows;
  return only === undefined || other !== undefined ? null : only.id;
}

export interface FindingEvent {
  readonly at: number;
  readonly kind: string;
  readonly actor: string | null;
  readonly detail: string;
}

/** What happened to one finding, oldest first. */
export async function findingEvents(
  db: Kysely<Tables>,
  tenant: string,
  finding: string,
): Promise<readonly FindingEvent[]> {
  return db
    .selectFrom('finding_events')
    .select(['at', 'kind', 'actor', 'detail'])
    .where('tenant', '=', tenant)
    .where('finding', '=', finding)
    .orderBy('at')
    .orderBy('id')
    .execute();
}

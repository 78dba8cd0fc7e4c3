import type { Kysely, Transaction } from 'kysely';
import type { FindingEventRow, FindingRow, Tables } from '../schema.ts';
import type { EventRow } from '../service-schema.ts';

/** Nobody wants to be told of what is older. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** What an event of a finding says: how the finding stood just then. */
export interface FindingEventDetail {
  readonly severity: number;
  readonly status: string;
  readonly note: string;
}

/** Whether a tenant has an alert rule that is switched on: without one nobody takes events away. */
export async function hearsEvents(db: Kysely<Tables>, tenant: string): Promise<boolean> {
  const row = await db
    .selectFrom('alert_rules')
    .select('id')
    .where('tenant', '=', tenant)
    .where('enabled', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Drops what nobody has taken for 30 days before `now` (ms). */
export async function dropOldEvents(
  tx: Transaction<Tables>,
  tenant: string,
  now: number,
): Promise<void> {
  await tx
    .deleteFrom('events')
    .where('tenant', '=', tenant)
    .where('at', '<', now - KEPT_MS)
    .execute();
}

/** What happened to a finding as alerts are to hear it; the same id, so that it is there once. */
export function findingEvent(
  event: Omit<FindingEventRow, 'actor'>,
  finding: FindingRow | undefined,
  batch: string,
): EventRow | null {
  if (finding === undefined) return null;
  const { severity, status } = finding;
  const detail: FindingEventDetail = { severity, status, note: event.detail };
  const { tenant, id, at, kind } = event;
  return {
    ...{ tenant, id, at, kind: `finding.${kind}`, subject: event.finding, batch },
    detail: JSON.stringify(detail),
  };
}

/** Events of one batch, the oldest first. */
export interface EventBatch {
  readonly batch: string;
  readonly events: readonly EventRow[];
  /** Whether these are all that are left of it. */
  readonly last: boolean;
}

/** Takes the oldest batch away, or as much of it as `limit` allows; null: there is none. */
export async function takeBatch(
  tx: Transaction<Tables>,
  tenant: string,
  limit: number,
): Promise<EventBatch | null> {
  const oldest = await tx
    .selectFrom('events')
    .select('batch')
    .where('tenant', '=', tenant)
    .orderBy('at')
    .orderBy('batch')
    .limit(1)
    .executeTakeFirst();
  if (oldest === undefined) return null;
  const { batch } = oldest;
  const rows = await tx
    .selectFrom('events')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('batch', '=', batch)
    .orderBy('at')
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const events = rows.slice(0, limit);
  const end = events.at(-1);
  if (end === undefined) return null;
  await tx
    .deleteFrom('events')
    .where('tenant', '=', tenant)
    .where('batch', '=', batch)
    .where((eb) =>
      eb.or([eb('at', '<', end.at), eb.and([eb('at', '=', end.at), eb('id', '<=', end.id)])]),
    )
    .execute();
  return { batch, events, last: rows.length <= limit };
}

/** Tenants with something to hear. */
export async function tenantsWithEvents(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db.selectFrom('events').select('tenant').distinct().execute();
  return rows.map(({ tenant }) => tenant);
}

import type { Kysely } from 'kysely';
import type { FindingRecord, FindingStatus } from '../../model/history.ts';
import { findingOf } from '../rows.ts';
import type { Tables } from '../schema.ts';

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

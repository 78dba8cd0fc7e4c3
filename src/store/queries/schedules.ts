import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { ScheduleRow } from '../service-schema.ts';

/** As it stands in the condition of the partial index. */
const ENABLED = sql.lit(1);

export async function scheduleById(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<ScheduleRow | null> {
  const row = await db
    .selectFrom('schedules')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** Schedules by id; `after`: the id of the last one before. */
export async function schedulePage(
  db: Kysely<Tables>,
  tenant: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly ScheduleRow[]> {
  let query = db.selectFrom('schedules').selectAll().where('tenant', '=', tenant);
  if (after !== undefined) query = query.where('id', '>', after);
  return query.orderBy('id').limit(limit).execute();
}

export async function addSchedule(
  tx: Kysely<Tables>,
  tenant: string,
  row: Omit<ScheduleRow, 'tenant' | 'last_at'>,
): Promise<void> {
  await tx
    .insertInto('schedules')
    .values({ ...row, tenant, last_at: null })
    .execute();
}

export type ScheduleChange = Partial<Pick<ScheduleRow, 'name' | 'spec' | 'enabled' | 'next_at'>>;

/** False: there is none of this id. */
export async function changeSchedule(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
  change: ScheduleChange,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('schedules')
    .set(change)
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** False: there was none. Its jobs stay. */
export async function removeSchedule(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('schedules')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Schedules of every tenant that are due, the longest first. */
export async function dueSchedules(
  db: Kysely<Tables>,
  now: number,
  limit: number,
): Promise<readonly ScheduleRow[]> {
  return db
    .selectFrom('schedules')
    .selectAll()
    .where('enabled', '=', ENABLED)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .limit(limit)
    .execute();
}

/** Schedules that ran, or were made, later than `until`: the clock has been turned back since. */
export async function schedulesOfTheFuture(
  db: Kysely<Tables>,
  until: number,
): Promise<readonly ScheduleRow[]> {
  return db
    .selectFrom('schedules')
    .selectAll()
    .where('enabled', '=', ENABLED)
    .where('next_at', '>', until)
    .where((eb) => eb.or([eb('last_at', '>', until), eb('created_at', '>', until)]))
    .execute();
}

/**
 * Moves a schedule on; false when another server did, or somebody changed it. `ranAt`: when a run of
 * it was queued; null: none was.
 */
export async function moveSchedule(
  tx: Kysely<Tables>,
  { tenant, id, next_at: before, spec }: ScheduleRow,
  next: number | null,
  ranAt: number | null,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('schedules')
    .set({ next_at: next, ...(ranAt === null ? {} : { last_at: ranAt }) })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('enabled', '=', ENABLED)
    .where('next_at', '=', before)
    .where('spec', '=', spec)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Lets a schedule run earlier than it would. */
export async function bringForward(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
  at: number,
): Promise<void> {
  await tx
    .updateTable('schedules')
    .set({ next_at: at })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('enabled', '=', ENABLED)
    .where('next_at', '>', at)
    .execute();
}

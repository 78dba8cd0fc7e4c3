import { type Kysely, sql, type Transaction } from 'kysely';
import type { JobProgress } from '../../contract/service/jobs.ts';
import { newestBy, rowsOf } from '../keyset.ts';
import type { Tables } from '../schema.ts';
import type { JobRow } from '../service-schema.ts';

/** Words as they stand in the conditions of partial indexes: a parameter would not find those. */
const QUEUED = sql.lit('queued' as const);
const RUNNING = sql.lit('running' as const);
const CANCELLED = sql.lit('cancelled' as const);

export interface NewJob {
  readonly id: string;
  readonly kind: JobRow['kind'];
  readonly spec: unknown;
  readonly schedule?: string;
  /** Higher goes first; default 0. */
  readonly priority?: number;
  readonly by: string;
  readonly now: number;
}

/** Puts a job into the queue. */
export async function enqueue(
  tx: Transaction<Tables>,
  tenant: string,
  { id, kind, spec, schedule = '', priority = 0, by, now }: NewJob,
): Promise<JobRow> {
  const row: JobRow = {
    ...{ tenant, id, kind, priority, spec: JSON.stringify(spec) },
    schedule: schedule === '' ? null : schedule,
    ...{ status: 'queued', created_at: now, created_by: by, due_at: now },
    ...{ started_at: null, ended_at: null, worker: null, lease_until: null },
    ...{ attempts: 0, progress: null, problem: null, cancel: 0 },
  };
  await tx.insertInto('jobs').values(row).execute();
  return row;
}

export async function jobById(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<JobRow | null> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export interface JobsAsked {
  readonly limit: number;
  readonly status?: JobRow['status'] | undefined;
  readonly schedule?: string | undefined;
  /** The last one of the page before. */
  readonly after?: { readonly at: number; readonly id: string } | undefined;
}

/** Jobs of a tenant, newest first. */
export async function jobPage(
  db: Kysely<Tables>,
  tenant: string,
  { limit, status, schedule, after }: JobsAsked,
): Promise<readonly JobRow[]> {
  let query = db.selectFrom('jobs').selectAll().where('tenant', '=', tenant);
  if (status !== undefined) query = query.where('status', '=', status);
  if (schedule !== undefined) query = query.where('schedule', '=', schedule);
  const place = after === undefined ? undefined : { created_at: after.at, id: after.id };
  return rowsOf(query, newestBy('created_at'), { limit, after: place });
}

/** Whether a job of the schedule, or of the kind, waits or runs. */
export async function isUnderWay(
  db: Kysely<Tables>,
  tenant: string,
  which: { readonly schedule: string } | { readonly kind: JobRow['kind'] },
): Promise<boolean> {
  const [column, value] =
    'kind' in which ? (['kind', which.kind] as const) : (['schedule', which.schedule] as const);
  const row = await db
    .selectFrom('jobs')
    .select('id')
    .where((eb) => eb.or([eb('status', '=', QUEUED), eb('status', '=', RUNNING)]))
    .where('tenant', '=', tenant)
    .where(column, '=', value)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** What the holder of a job's lease is told when it shows that it lives. */
export type Word = 'go on' | 'cancel' | 'pause' | 'lost';

export interface Held {
  readonly tenant: string;
  readonly id: string;
  /** Who holds the lease. */
  readonly worker: string;
}

/** Renews a lease, notes how far the job is, and reads what is wanted of it. One statement. */
export async function heartbeat(
  db: Kysely<Tables>,
  held: Held,
  { leaseUntil, progress }: { readonly leaseUntil: number; readonly progress: JobProgress | null },
): Promise<Word> {
  const row = await ofHolder(db.updateTable('jobs'), held)
    .set({
      lease_until: leaseUntil,
      ...(progress === null ? {} : { progress: JSON.stringify(progress) }),
    })
    .returning('cancel')
    .executeTakeFirst();
  if (row === undefined) return 'lost';
  return row.cancel === 0 ? 'go on' : row.cancel === 1 ? 'cancel' : 'pause';
}

export interface Ending {
  readonly status: 'done' | 'cancelled';
  readonly now: number;
  /** `CODE: message` of what did not go well although it ended; null: nothing. */
  readonly problem: string | null;
}

/** Ends a job that its worker holds; false: the lease is another's by now. */
export async function endJob(
  tx: Kysely<Tables>,
  held: Held,
  { status, now, problem }: Ending,
): Promise<boolean> {
  const { numUpdatedRows } = await ofHolder(tx.updateTable('jobs'), held)
    .set({ status, ended_at: now, problem, worker: null, lease_until: null })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Puts a job that its worker holds back into the queue: it was no try. `dueAt` (ms) delays the next
 * one; a job that was paused knows when it is due, and one that was cancelled ends.
 */
export async function giveBack(
  tx: Kysely<Tables>,
  held: Held,
  { now, dueAt }: { readonly now: number; readonly dueAt?: number },
): Promise<boolean> {
  const { numUpdatedRows } = await ofHolder(tx.updateTable('jobs'), held)
    .set((eb) => ({
      status: eb.case().when('cancel', '=', 1).then(CANCELLED).else(QUEUED).end(),
      ended_at: eb.case().when('cancel', '=', 1).then(sql.lit(now)).else(null).end(),
      worker: null,
      lease_until: null,
      attempts: eb('attempts', '-', 1),
      ...(dueAt === undefined ? {} : { due_at: dueAt }),
    }))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Only while that worker holds the job. */
function ofHolder<
  Query extends {
    where(column: 'tenant' | 'id' | 'worker' | 'status', op: '=', value: unknown): Query;
  },
>(query: Query, { tenant, id, worker }: Held): Query {
  return query
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('worker', '=', worker)
    .where('status', '=', RUNNING);
}

/** Cancels a waiting job at once and asks a running one to stop; null: there is none, or it has ended. */
export async function cancelJob(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
  now: number,
): Promise<JobRow['status'] | null> {
  const waiting = await tx
    .updateTable('jobs')
    .set({ status: 'cancelled', ended_at: now, cancel: 1 })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('status', '=', QUEUED)
    .returning('status')
    .executeTakeFirst();
  if (waiting !== undefined) return waiting.status;
  const running = await tx
    .updateTable('jobs')
    .set({ cancel: 1 })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('status', '=', RUNNING)
    .returning('status')
    .executeTakeFirst();
  return running?.status ?? null;
}

/** Ids of the jobs of every tenant that have not ended. */
export async function jobsUnderWay(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('jobs')
    .select('id')
    .where((eb) => eb.or([eb('status', '=', QUEUED), eb('status', '=', RUNNING)]))
    .execute();
  return rows.map(({ id }) => id);
}

/** Jobs that a schedule made and that have not ended, of every tenant: what blackouts are asked for. */
export async function scheduledJobs(
  db: Kysely<Tables>,
): Promise<
  readonly (Pick<JobRow, 'tenant' | 'id' | 'status' | 'due_at' | 'cancel'> & { spec: string })[]
> {
  return (
    db
      .selectFrom('jobs')
      .innerJoin('schedules', (join) =>
        join
          .onRef('schedules.tenant', '=', 'jobs.tenant')
          .onRef('schedules.id', '=', 'jobs.schedule'),
      )
      .select([
        'jobs.tenant',
        'jobs.id',
        'jobs.status',
        'jobs.due_at',
        'jobs.cancel',
        'schedules.spec',
      ])
      .where((eb) => eb.or([eb('jobs.status', '=', QUEUED), eb('jobs.status', '=', RUNNING)]))
      // what a person started runs when the person says
      .where('jobs.created_by', '=', BY_SCHEDULE)
      .where('schedules.spec', 'not like', '%"blackouts":[]%')
      .execute()
  );
}

/** Who makes the jobs of schedules. */
export const BY_SCHEDULE = 'schedule';

/** Lets a waiting job wait until `until`, and asks a running one to stop until then. */
export async function holdJob(
  tx: Kysely<Tables>,
  { tenant, id }: Pick<Held, 'tenant' | 'id'>,
  until: number,
): Promise<void> {
  await tx
    .updateTable('jobs')
    .set((eb) => ({
      due_at: until,
      cancel: eb.case().when('status', '=', RUNNING).then(sql.lit(2)).else(sql.lit(0)).end(),
    }))
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('cancel', '<>', 1)
    .where((eb) => eb.or([eb('status', '=', QUEUED), eb('status', '=', RUNNING)]))
    .execute();
}

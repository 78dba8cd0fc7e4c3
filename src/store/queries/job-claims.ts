import { randomUUID } from 'node:crypto';
import { type ExpressionBuilder, type Kysely, sql, type Transaction } from 'kysely';
import { type PosternError, problem } from '../../model/errors.ts';
import { upsert } from '../bulk.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import type { Tables } from '../schema.ts';
import type { JobRow } from '../service-schema.ts';
import { enqueue, jobPage, type NewJob } from './jobs.ts';
import { keepMeta } from './meta.ts';
import { scheduleById } from './schedules.ts';
import { limitsOf } from './settings.ts';

/** Tries of a job whose worker goes away; the last one that is lost fails it. */
const MAX_ATTEMPTS = 3;
/** Longer than a worker holds a job, and a blackout lasts: what is later was written by a wrong clock. */
const LATEST_MS = 10 * 24 * 60 * 60 * 1000;
const QUEUED = sql.lit('queued' as const);
const RUNNING = sql.lit('running' as const);
/** When a tenant was served last, so that those who waited longest come first. */
const SERVED = 'jobs.served';

export interface Claimant {
  /** Of this process alone. */
  readonly worker: string;
  readonly now: number;
  readonly leaseMs: number;
}

/**
 * Takes the next job: of the tenant with the fewest running, then of the one that waited longest; in
 * it the highest priority, then the earliest. No other process takes the same. Null: nothing is due,
 * or every tenant runs as many as it may.
 */
export async function claimJob(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  claimant: Claimant,
): Promise<JobRow | null> {
  await facts.lockForClaiming(tx);
  await reclaimLost(tx, facts, claimant.now);
  const tenant = await nextTenant(tx, claimant.now);
  return tenant === null ? null : take(tx, tenant, claimant);
}

/** Whether a time is before `now` (ms), or so far behind it that a clock was wrong when it was written. */
function isPast(column: 'lease_until' | 'due_at', now: number) {
  return (eb: ExpressionBuilder<Tables, 'jobs'>) =>
    eb.or([eb(column, '<', now), eb(column, '>', now + LATEST_MS)]);
}

/** Whether `claimJob` would give something, or a lease has run out. */
export async function countClaimable(db: Kysely<Tables>, now: number): Promise<number> {
  const lost = await db
    .selectFrom('jobs')
    .select((eb) => eb.fn.countAll<number>().as('jobs'))
    .where('status', '=', RUNNING)
    .where(isPast('lease_until', now))
    .executeTakeFirstOrThrow();
  const free = await freePlaces(db, now);
  return lost.jobs + free.reduce((sum, { jobs, places }) => sum + Math.min(jobs, places), 0);
}

/**
 * Takes jobs back from workers whose lease has run out. What was tried often enough, or was to be
 * cancelled, ends.
 */
export async function reclaimLost(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  now: number,
): Promise<void> {
  const lost = await tx
    .selectFrom('jobs')
    .selectAll()
    .where('status', '=', RUNNING)
    .where(isPast('lease_until', now))
    .execute();
  for (const job of lost) await reclaim(tx, facts, job, now);
}

async function reclaim(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  job: JobRow,
  now: number,
): Promise<void> {
  if (job.attempts >= MAX_ATTEMPTS && job.cancel !== 1) {
    const lost = problem('JOB_LOST', { value: job.id, count: job.attempts });
    const noted = job.problem === null ? '' : ` Last words: ${job.problem}`;
    const text = `${lost.code}: ${lost.message}${noted}`;
    await failJob(tx, facts, job, { now, problem: text, leaseUntil: job.lease_until });
    return;
  }
  const ended = job.cancel === 1;
  await tx
    .updateTable('jobs')
    .set({
      status: ended ? 'cancelled' : 'queued',
      ended_at: ended ? now : null,
      worker: null,
      lease_until: null,
      cancel: ended ? 1 : 0,
    })
    .where('tenant', '=', job.tenant)
    .where('id', '=', job.id)
    .where('status', '=', RUNNING)
    .where('lease_until', '=', job.lease_until)
    .execute();
}

interface Failure {
  readonly now: number;
  /** `CODE: message`. */
  readonly problem: string;
  /** Only while its lease ends then: one that was renewed meanwhile has a live holder. */
  readonly leaseUntil?: number | null;
}

/** Ends a job as failed and tells alerts, unless it has another holder by now. */
export async function failJob(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  {
    tenant,
    id,
    worker,
    kind,
    schedule,
  }: Pick<JobRow, 'tenant' | 'id' | 'worker' | 'kind' | 'schedule'>,
  { now, problem: text, leaseUntil }: Failure,
): Promise<boolean> {
  let update = tx
    .updateTable('jobs')
    .set({ status: 'failed', ended_at: now, problem: text, worker: null, lease_until: null })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('worker', '=', worker)
    .where('status', '=', RUNNING);
  if (leaseUntil !== undefined) update = update.where('lease_until', '=', leaseUntil);
  const { numUpdatedRows } = await update.executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await tellFailed(tx, facts, { tenant, id, kind, schedule }, { now, problem: text });
  return true;
}

async function tellFailed(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  { tenant, id, kind, schedule }: Pick<JobRow, 'tenant' | 'id' | 'kind' | 'schedule'>,
  { now, problem: text }: Failure,
): Promise<void> {
  const of = schedule === null ? null : await scheduleById(tx, tenant, schedule);
  const detail = JSON.stringify({ kind, schedule, name: of?.name, problem: text });
  await upsert(tx, facts, 'events', [
    { tenant, id: randomUUID(), at: now, kind: 'job.failed', subject: id, batch: id, detail },
  ]);
}

/**
 * Notes a run of a schedule that was not taken on, as a job that failed without a try, and tells
 * alerts; once, until one is taken on again.
 */
export async function refuseRun(
  tx: Transaction<Tables>,
  tenant: string,
  facts: DialectFacts,
  job: NewJob & { readonly schedule: string },
  refusal: PosternError,
): Promise<void> {
  const [last] = await jobPage(tx, tenant, { limit: 1, schedule: job.schedule });
  if (last?.status === 'failed' && last.started_at === null) return;
  const text = `${refusal.code}: ${refusal.message}`;
  const row = await enqueue(tx, tenant, job);
  await tx
    .updateTable('jobs')
    .set({ status: 'failed', ended_at: job.now, problem: text })
    .where('tenant', '=', tenant)
    .where('id', '=', row.id)
    .execute();
  await tellFailed(tx, facts, row, { now: job.now, problem: text });
}

/** The worker is gone: what it held is free at once. `words` are the last that it said. */
export async function releaseWorker(
  db: Kysely<Tables>,
  worker: string,
  words: string | null,
): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ lease_until: 0, ...(words === null ? {} : { problem: words }) })
    .where('status', '=', RUNNING)
    .where('worker', '=', worker)
    .execute();
}

/** Those of some workers whose hold on a job has not run out. */
export async function holders(
  db: Kysely<Tables>,
  workers: readonly string[],
  now: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('jobs')
    .select('worker')
    .where('status', '=', RUNNING)
    .where('lease_until', '>=', now)
    .where('worker', 'in', workers)
    .execute();
  return rows.flatMap(({ worker }) => worker ?? []);
}

interface Places {
  readonly tenant: string;
  /** Jobs that are due. */
  readonly jobs: number;
  readonly running: number;
  /** How many more may run. */
  readonly places: number;
}

async function freePlaces(db: Kysely<Tables>, now: number): Promise<readonly Places[]> {
  const due = await db
    .selectFrom('jobs')
    .select((eb) => ['tenant', eb.fn.countAll<number>().as('jobs')])
    .where('status', '=', QUEUED)
    .where(isPast('due_at', now + 1))
    .groupBy('tenant')
    .execute();
  if (due.length === 0) return [];
  const running = await db
    .selectFrom('jobs')
    .select((eb) => ['tenant', eb.fn.countAll<number>().as('jobs')])
    .where('status', '=', RUNNING)
    .groupBy('tenant')
    .execute();
  const runs = new Map(running.map(({ tenant, jobs }) => [tenant, jobs]));
  const limitOf = await limitsOf(db, 'runningJobs');
  return due.map(({ tenant, jobs }) => {
    const busy = runs.get(tenant) ?? 0;
    const places = Math.max(0, (limitOf(tenant) ?? Number.POSITIVE_INFINITY) - busy);
    return { tenant, jobs, running: busy, places };
  });
}

async function nextTenant(tx: Transaction<Tables>, now: number): Promise<string | null> {
  const free = (await freePlaces(tx, now)).filter(({ places }) => places > 0);
  if (free.length < 2) return free[0]?.tenant ?? null;
  const rows = await tx
    .selectFrom('meta')
    .select(['tenant', 'value'])
    .where('name', '=', SERVED)
    .execute();
  const served = new Map(rows.map(({ tenant, value }) => [tenant, Number(value)]));
  const at = ({ tenant }: Places) => served.get(tenant) ?? 0;
  const [first] = free.toSorted((a, b) => a.running - b.running || at(a) - at(b));
  return first?.tenant ?? null;
}

async function take(
  tx: Transaction<Tables>,
  tenant: string,
  { worker, now, leaseMs }: Claimant,
): Promise<JobRow | null> {
  const next = await tx
    .selectFrom('jobs')
    .select('id')
    .where('status', '=', QUEUED)
    .where('tenant', '=', tenant)
    .where(isPast('due_at', now + 1))
    .orderBy('priority', 'desc')
    .orderBy('due_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (next === undefined) return null;
  const job = await tx
    .updateTable('jobs')
    .set((eb) => ({
      status: 'running',
      worker,
      lease_until: now + leaseMs,
      started_at: eb.fn.coalesce('started_at', eb.val(now)),
      attempts: eb('attempts', '+', 1),
      cancel: 0,
    }))
    .where('tenant', '=', tenant)
    .where('id', '=', next.id)
    .where('status', '=', QUEUED)
    .returningAll()
    .executeTakeFirst();
  if (job === undefined) return null;
  await keepMeta(tx, tenant, SERVED, String(now));
  return job;
}

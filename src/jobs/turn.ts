import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { ScanJob } from '../contract/service/jobs.ts';
import { type ScheduleSpec, scheduleSpec } from '../contract/service/schedules.ts';
import { PosternError } from '../model/errors.ts';
import { eachForItself } from '../net/loop.ts';
import type { DialectFacts } from '../store/dialects/facts.ts';
import type { Store } from '../store/open.ts';
import { followNamesAt, tenantsToFollow } from '../store/queries/asset-addresses.ts';
import { refuseRun } from '../store/queries/job-claims.ts';
import { BY_SCHEDULE, enqueue, holdJob, isUnderWay, scheduledJobs } from '../store/queries/jobs.ts';
import { oneAtATime, withinScanQuotas } from '../store/queries/quotas.ts';
import { dueSchedules, moveSchedule, schedulesOfTheFuture } from '../store/queries/schedules.ts';
import type { Tables } from '../store/schema.ts';
import type { ScheduleRow } from '../store/service-schema.ts';
import { againOf, heldUntil, nextRun, type Timing } from './schedule.ts';

/** Schedules worked on in one turn: bounds how long it takes. */
const AT_ONCE = 200;
/** A clock that is set right moves by less; what ran later than that ran by a wrong one. */
const CLOCK_STEP_MS = 24 * 60 * 60 * 1000;

export function timingOf({ id, spec, created_at: createdAt }: ScheduleRow): Timing {
  return { id, createdAt, spec: scheduleSpec.parse(JSON.parse(spec)) };
}

/** What the job of a schedule is. */
export function jobOf(spec: ScheduleSpec): ScanJob {
  const { targets, groups, scan, by, batch } = spec;
  return {
    targets,
    groups,
    scan,
    ...(by === undefined ? {} : { due: { again: againOf(spec), batch } }),
  };
}

/** Queues what schedules are due; a schedule whose job is under way waits for its next time. */
export async function queueDue(store: Store, now: number): Promise<void> {
  const early = await store.read((db) => schedulesOfTheFuture(db, now + CLOCK_STEP_MS));
  await eachForItself(early, async (row) => {
    const next = nextRun(timingOf(row), now);
    if (next !== row.next_at) await store.write((tx) => moveSchedule(tx, row, next, now));
  });
  const due = await store.read((db) => dueSchedules(db, now, AT_ONCE));
  await eachForItself(due, (row) => store.write((tx) => queueOne(tx, store.facts, row, now)));
}

async function queueOne(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  row: ScheduleRow,
  now: number,
): Promise<void> {
  // somebody may start it by hand at this moment
  await oneAtATime(tx, row.tenant);
  const timing = timingOf(row);
  const held = heldUntil(timing.spec, now);
  if (held !== null) {
    await moveSchedule(tx, row, held, null);
    return;
  }
  const busy = await isUnderWay(tx, row.tenant, { schedule: row.id });
  const refusal = busy ? null : await refusalOf(tx, row.tenant, now);
  const runs = !busy && refusal === null;
  // however many runs were missed, this is the one for all of them
  const moved = await moveSchedule(tx, row, nextRun(timing, now), runs ? now : null);
  if (!moved || busy) return;
  const spec = jobOf(timing.spec);
  const job = { id: randomUUID(), kind: 'scan', spec, by: BY_SCHEDULE, now } as const;
  const scheduled = { ...job, schedule: row.id };
  if (refusal === null) await enqueue(tx, row.tenant, scheduled);
  else await refuseRun(tx, row.tenant, facts, scheduled, refusal);
}

/** Why the tenant may have no scan queued now; null: it may. */
async function refusalOf(
  tx: Transaction<Tables>,
  tenant: string,
  now: number,
): Promise<PosternError | null> {
  try {
    await withinScanQuotas(tx, tenant, now);
    return null;
  } catch (error) {
    if (error instanceof PosternError && error.code === 'QUOTA') return error;
    throw error;
  }
}

/** Lets jobs of schedules wait for the end of a blackout; those of strict ones that run stop for it. */
export async function holdForBlackouts(store: Store, now: number): Promise<void> {
  await eachForItself(await store.read(scheduledJobs), async (job) => {
    const spec = scheduleSpec.parse(JSON.parse(job.spec));
    const until = heldUntil(spec, now);
    const waits = job.status === 'queued' && job.due_at < (until ?? 0);
    const stops = job.status === 'running' && spec.strict && job.cancel === 0;
    if (until !== null && (waits || stops)) await store.write((tx) => holdJob(tx, job, until));
  });
}

/** Queues the look at what names resolve to, for every tenant whose turn it is. */
export async function queueNames(store: Store, now: number, everyMs: number): Promise<void> {
  const asked = { now, latest: now + everyMs };
  for (const tenant of await store.read((db) => tenantsToFollow(db, asked))) {
    await store.write(async (tx) => {
      await followNamesAt(tx, tenant, now + everyMs);
      if (await isUnderWay(tx, tenant, { kind: 'dns' })) return;
      const job = { id: randomUUID(), kind: 'dns', spec: {} } as const;
      await enqueue(tx, tenant, { ...job, by: BY_SCHEDULE, now });
    });
  }
}

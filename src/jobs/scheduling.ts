import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { ScanJob } from '../contract/service/jobs.ts';
import type { ScheduleSpec } from '../contract/service/schedules.ts';
import { problem } from '../model/errors.ts';
import { groupById } from '../store/queries/asset-groups.ts';
import { enqueue, isUnderWay } from '../store/queries/jobs.ts';
import { withinQuota, withinScanQuotas } from '../store/queries/quotas.ts';
import { addSchedule, changeSchedule, scheduleById } from '../store/queries/schedules.ts';
import type { Tables } from '../store/schema.ts';
import type { JobRow, ScheduleRow } from '../store/service-schema.ts';
import { checkTiming, nextRun, type Timing } from './schedule.ts';
import { checkSettings, readAll, requireGrants, withinAddressQuota } from './targets.ts';
import { jobOf, timingOf } from './turn.ts';

type Tx = Transaction<Tables>;

/** What a person asked for goes before what is due by a schedule. */
const BY_PERSON = 10;

export interface NewSchedule {
  readonly name: string;
  readonly spec: ScheduleSpec;
  readonly enabled: boolean;
  readonly by: string;
  readonly now: number;
}

/** Adds a schedule. Throws SCHEDULE_INVALID, TARGET_NOT_GRANTED, QUOTA, and what bad targets and ports throw. */
export async function createSchedule(
  tx: Tx,
  tenant: string,
  { name, spec, enabled, by, now }: NewSchedule,
): Promise<ScheduleRow> {
  await withinQuota(tx, tenant, 'schedules', 1, now);
  const timing: Timing = { id: randomUUID(), createdAt: now, spec };
  const row = {
    ...{ id: timing.id, name, spec: await checked(tx, tenant, timing, now) },
    ...{ enabled: enabled ? 1 : 0, next_at: enabled ? firstRun(timing, now) : null },
    ...{ created_at: now, created_by: by },
  };
  await addSchedule(tx, tenant, row);
  return { ...row, tenant, last_at: null };
}

export interface ChangedSchedule {
  readonly name?: string | undefined;
  readonly spec?: ScheduleSpec | undefined;
  readonly enabled?: boolean | undefined;
  readonly now: number;
}

/** Changes a schedule. Throws API_NOT_FOUND, and as `createSchedule`. */
export async function editSchedule(
  tx: Tx,
  tenant: string,
  id: string,
  { name, spec, enabled, now }: ChangedSchedule,
): Promise<ScheduleRow> {
  const row = await scheduleOf(tx, tenant, id);
  const timing = { ...timingOf(row), ...(spec === undefined ? {} : { spec }) };
  const runs = enabled ?? row.enabled === 1;
  // what only changes its name keeps the run it waits for
  const stays = runs && spec === undefined && row.next_at !== null;
  const next = stays ? row.next_at : runs ? firstRun(timing, now) : null;
  const after = {
    name: name ?? row.name,
    spec: spec === undefined ? row.spec : await checked(tx, tenant, timing, now),
    enabled: runs ? 1 : 0,
    next_at: next,
  };
  await changeSchedule(tx, tenant, id, after);
  return { ...row, ...after };
}

/**
 * Queues a run of a schedule now, in a blackout too. Throws API_NOT_FOUND, API_CONFLICT while one is
 * under way, QUOTA, TARGET_NOT_GRANTED.
 */
export async function runSchedule(
  tx: Tx,
  tenant: string,
  id: string,
  { by, now }: { readonly by: string; readonly now: number },
): Promise<JobRow> {
  const row = await scheduleOf(tx, tenant, id);
  if (await isUnderWay(tx, tenant, { schedule: id })) {
    throw problem('API_CONFLICT', { what: 'a job of schedule', value: row.name });
  }
  await withinScanQuotas(tx, tenant, now);
  const { spec } = timingOf(row);
  await requireGrants(tx, tenant, readAll(spec.targets, 'target'));
  const job = { id: randomUUID(), kind: 'scan', spec: jobOf(spec), schedule: id } as const;
  return enqueue(tx, tenant, { ...job, priority: BY_PERSON, by, now });
}

/** Queues a scan that is asked for once. Throws TARGET_NOT_GRANTED, QUOTA, and what bad targets and ports throw. */
export async function orderScan(
  tx: Tx,
  tenant: string,
  order: ScanJob,
  { by, now }: { readonly by: string; readonly now: number },
): Promise<JobRow> {
  await withinScanQuotas(tx, tenant, now);
  const targets = await checkedTargets(tx, tenant, order);
  const job = { id: randomUUID(), kind: 'scan', spec: { ...order, targets } } as const;
  return enqueue(tx, tenant, { ...job, priority: BY_PERSON, by, now });
}

async function scheduleOf(tx: Tx, tenant: string, id: string): Promise<ScheduleRow> {
  const row = await scheduleById(tx, tenant, id);
  if (row === null) throw problem('API_NOT_FOUND', { what: 'schedule', value: id });
  return row;
}

/** By priority what is due is looked at at once; else the first time. */
function firstRun(timing: Timing, now: number): number | null {
  return timing.spec.by === undefined ? nextRun(timing, now) : now;
}

async function checked(tx: Tx, tenant: string, timing: Timing, now: number): Promise<string> {
  checkTiming(timing, now);
  const targets = await checkedTargets(tx, tenant, timing.spec);
  return JSON.stringify({ ...timing.spec, targets });
}

/** Targets as they are kept. */
async function checkedTargets(
  tx: Tx,
  tenant: string,
  { targets, groups, scan }: Pick<ScanJob, 'targets' | 'groups' | 'scan'>,
): Promise<readonly string[]> {
  checkSettings(scan);
  const read = readAll(targets, 'target');
  for (const id of groups) {
    if ((await groupById(tx, tenant, id)) === null) {
      throw problem('API_NOT_FOUND', { what: 'group', value: id });
    }
  }
  await requireGrants(tx, tenant, read);
  const texts = read.map(({ text }) => text);
  await withinAddressQuota(tx, tenant, texts);
  return texts;
}

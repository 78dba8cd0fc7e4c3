import type { Kysely } from 'kysely';
import { isoOf } from '../rows.ts';
import type { Tables } from '../schema.ts';
import type { JobRow } from '../service-schema.ts';

/** A job as those who watch it see it. */
export interface LiveJob {
  readonly id: string;
  readonly kind: JobRow['kind'];
  readonly status: JobRow['status'];
  /** As the worker told it last. */
  readonly progress: unknown;
  readonly problem: string | null;
}

/** Jobs watched at once: the first in turn. */
const JOBS = 200;
const LOOKS = 20;

/** Jobs that wait or run, and those of `known` whatever became of them. */
export async function liveJobs(
  db: Kysely<Tables>,
  tenant: string,
  known: readonly string[],
): Promise<readonly LiveJob[]> {
  const jobs = db
    .selectFrom('jobs')
    .select(['id', 'kind', 'status', 'progress', 'problem'])
    .where('tenant', '=', tenant)
    .limit(JOBS);
  const running = await jobs.where('status', '=', 'running').execute();
  const queued = await jobs.where('status', '=', 'queued').orderBy('due_at').execute();
  const met = new Set([...running, ...queued].map(({ id }) => id));
  const left = known.filter((id) => !met.has(id)).slice(0, JOBS);
  const ended = left.length === 0 ? [] : await jobs.where('id', 'in', left).execute();
  return [...running, ...queued, ...ended].map((row) => ({
    ...row,
    progress: row.progress === null ? null : (JSON.parse(row.progress) as unknown),
  }));
}

/** A stored look, and how many changes it brought. */
export interface LiveLook {
  readonly id: string;
  readonly endedAt: string;
  readonly hosts: number;
  readonly open: number;
  readonly findings: number;
  readonly changes: number;
}

/** The newest looks, newest first, without those of `known`. */
export async function liveLooks(
  db: Kysely<Tables>,
  tenant: string,
  known: ReadonlySet<string>,
): Promise<readonly LiveLook[]> {
  const rows = await db
    .selectFrom('scans')
    .select(['id', 'ended_at', 'hosts', 'open', 'findings'])
    .where('tenant', '=', tenant)
    .orderBy('ended_at', 'desc')
    .orderBy('id')
    .limit(LOOKS)
    .execute();
  const looks: LiveLook[] = [];
  for (const { ended_at: at, ...row } of rows.filter(({ id }) => !known.has(id))) {
    const counted = await db
      .selectFrom('changes')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('tenant', '=', tenant)
      .where('at', '=', at)
      .executeTakeFirst();
    looks.push({ ...row, endedAt: isoOf(at), changes: counted?.count ?? 0 });
  }
  return looks;
}

import type { Kysely, Transaction } from 'kysely';
import { type ScheduleSpec, scheduleSpec } from '../../contract/service/schedules.ts';
import { createSchedule, runSchedule } from '../../jobs/scheduling.ts';
import { readAll, withoutGrant } from '../../jobs/targets.ts';
import { timingOf } from '../../jobs/turn.ts';
import { problem } from '../../model/errors.ts';
import { visible } from '../../report/text.ts';
import { LOCAL } from '../../store/open.ts';
import { note } from '../../store/queries/audit-log.ts';
import { grantByOperator } from '../../store/queries/grants.ts';
import { removeSchedule, schedulePage } from '../../store/queries/schedules.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import type { Tables } from '../../store/schema.ts';
import type { ScheduleRow } from '../../store/service-schema.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import type { ScheduleAddOptions } from '../schedule-program.ts';
import { type Terminal, write } from '../terminal.ts';
import { withStore } from '../with-store.ts';

/** Schedules shown, and looked through for a name. */
const MAX_LISTED = 10_000;
const BY = 'cli';

/** Lists schedules. */
export async function scheduleListCommand(
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const rows = await withStore(options, (store) =>
    store.read((db) => schedulePage(db, LOCAL, { limit: MAX_LISTED })),
  );
  if (options.json === true) {
    await write(terminal.out, `${JSON.stringify({ schedules: rows.map(toldOf) }, null, 2)}\n`);
    return EXIT.fine;
  }
  const lines = rows.map((row) => `${lineOf(row)}\n`).join('');
  await write(terminal.out, lines === '' ? 'There are no schedules.\n' : lines);
  return EXIT.fine;
}

function toldOf(row: ScheduleRow) {
  return {
    ...{ id: row.id, name: row.name, enabled: row.enabled === 1, spec: timingOf(row).spec },
    ...{ nextAt: isoOrNull(row.next_at), lastAt: isoOrNull(row.last_at) },
  };
}

function lineOf(row: ScheduleRow): string {
  const { cron, every, timeZone } = timingOf(row).spec;
  const how = cron === undefined ? (every === undefined ? 'by priority' : `every ${every}`) : cron;
  const next = row.next_at === null ? 'never' : isoOf(row.next_at);
  const zone = cron === undefined ? '' : ` (${timeZone})`;
  return `${row.id}  ${visible(row.name)}: ${how}${zone}, next ${next}`;
}

/** Adds a schedule, and grants its targets. Throws SCHEDULE_INVALID, QUOTA, and what bad targets and ports throw. */
export async function scheduleAddCommand(
  targets: readonly string[],
  options: ScheduleAddOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const spec = specOf(targets, options);
  const now = Date.now();
  const row = await withStore(options, (store) =>
    store.write(async (tx) => {
      await grantAll(tx, targets, now);
      const { name } = options;
      await noteDeed(tx, 'schedule.add', name, now);
      return createSchedule(tx, LOCAL, { name, spec, enabled: true, by: BY, now });
    }),
  );
  const text = options.json === true ? JSON.stringify(toldOf(row)) : `added ${lineOf(row)}`;
  await write(terminal.out, `${text}\n`);
  return EXIT.fine;
}

/** Whoever may write the store of an installation is its operator: what they schedule, they grant. */
async function grantAll(
  tx: Transaction<Tables>,
  targets: readonly string[],
  now: number,
): Promise<void> {
  const missing = await withoutGrant(tx, LOCAL, readAll(targets, 'argument'));
  for (const { kind: given, needs } of missing) {
    const kind = given === 'name' ? given : 'network';
    for (const target of needs) {
      await grantByOperator(tx, LOCAL, { target, kind, by: BY, at: now });
      await noteDeed(tx, 'grant.give', target, now, { tenant: LOCAL });
    }
  }
}

/** As the API notes it: who asks on the machine itself is known by no other name. */
function noteDeed(
  tx: Transaction<Tables>,
  action: string,
  subject: string,
  at: number,
  detail?: object,
): Promise<void> {
  return note(tx, LOCAL, { action, subject, detail, at, actor: BY, source: null });
}

function specOf(targets: readonly string[], options: ScheduleAddOptions): ScheduleSpec {
  const { cron, every, priority, timeZone, blackout = [], strict, jitter, ports, top } = options;
  if ([cron, every, priority].filter((way) => way !== undefined).length !== 1) {
    throw invalid('time', options.name, 'exactly one of --cron, --every and --priority is needed');
  }
  const asked = {
    ...(cron === undefined ? {} : { cron }),
    ...(every === undefined ? {} : { every }),
    ...(priority === true ? { by: 'priority' } : {}),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(jitter === undefined ? {} : { jitter }),
    strict: strict === true,
    blackouts: blackout.map(windowOf),
    targets: [...targets],
    scan: {
      ...(ports === undefined ? {} : { ports }),
      ...(top === undefined ? {} : { top }),
      ...(options.exclude === undefined ? {} : { exclude: options.exclude }),
    },
  };
  const parsed = scheduleSpec.safeParse(asked);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const value = path.reduce<unknown>((inside, key) => Object(inside)[key], asked);
  const told = typeof value === 'string' ? value : options.name;
  throw invalid(path.join('.') || 'the whole', told, issue?.message ?? 'it does not fit');
}

function invalid(part: string, value: string, reason: string) {
  return problem('SCHEDULE_INVALID', { part, value: visible(value), problem: reason });
}

/** `mon,tue 08:00-18:00`; without days every day. */
function windowOf(text: string) {
  const [, days, from = text, to = ''] = /^(?:([a-z,]+) )?([\d:]+)-([\d:]+)$/.exec(text) ?? [];
  return { from, to, ...(days === undefined ? {} : { days: days.split(',') }) };
}

/** Takes a schedule away. Throws API_NOT_FOUND. */
export async function scheduleRemoveCommand(
  schedule: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const row = await withStore(options, (store) =>
    store.write(async (tx) => {
      const found = await find(tx, schedule);
      await removeSchedule(tx, LOCAL, found.id);
      await noteDeed(tx, 'schedule.remove', found.id, Date.now());
      return found;
    }),
  );
  await write(terminal.out, `removed ${visible(row.name)}\n`);
  return EXIT.fine;
}

/** Queues a run of a schedule. Throws API_NOT_FOUND, API_CONFLICT. */
export async function scheduleRunCommand(
  schedule: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const job = await withStore(options, (store) =>
    store.write(async (tx) => {
      const { id } = await find(tx, schedule);
      const now = Date.now();
      await noteDeed(tx, 'schedule.run', id, now);
      return runSchedule(tx, LOCAL, id, { by: BY, now });
    }),
  );
  const told = { job: job.id, status: job.status };
  const text = `queued as ${job.id}: a server or a worker on this store runs it`;
  await write(terminal.out, `${options.json === true ? JSON.stringify(told) : text}\n`);
  return EXIT.fine;
}

async function find(db: Kysely<Tables>, schedule: string): Promise<ScheduleRow> {
  const rows = await schedulePage(db, LOCAL, { limit: MAX_LISTED });
  const found =
    rows.find(({ id }) => id === schedule) ?? rows.find(({ name }) => name === schedule);
  if (found !== undefined) return found;
  throw problem('API_NOT_FOUND', { what: 'schedule', value: visible(schedule) });
}

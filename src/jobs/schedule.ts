import { createHash } from 'node:crypto';
import { readDuration } from '../contract/service/duration.ts';
import { FOUND, type Found, type ScheduleSpec } from '../contract/service/schedules.ts';
import { messageOf, problem } from '../model/errors.ts';
import { Blackouts } from './blackout.ts';
import { readCron } from './cron.ts';
import { isTimeZone } from './zone.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How soon a schedule by priority looks again for what is due; it is told when that is by its runs. */
export const LOOK_AGAIN_MS = HOUR;

/** After how long a host is looked at again, by what was found there last. */
const AGAIN: Readonly<Record<Found, number>> = {
  critical: 12 * HOUR,
  high: 24 * HOUR,
  medium: 4 * DAY,
  low: 6 * DAY,
  clean: 7 * DAY,
  dark: 90 * DAY,
};

/** What of a schedule says when it runs. */
export interface Timing {
  readonly id: string;
  readonly createdAt: number;
  readonly spec: ScheduleSpec;
}

/**
 * When a schedule runs next: strictly after `after` (ms), never inside a blackout. Null: never again.
 * The same for the same arguments, so that several servers agree.
 */
export function nextRun(timing: Timing, after: number): number | null {
  const { spec } = timing;
  const shift = jitterOf(timing.id, readDuration(spec.jitter) ?? 0);
  const base = nextBase(timing, after - shift);
  return base === null ? null : blackoutsOf(spec).after(base + shift);
}

/** The next `count` runs, as far as they are known. */
export function nextRuns(timing: Timing, after: number, count: number): readonly number[] {
  const runs: number[] = [];
  for (let last = after; runs.length < count; ) {
    const next = nextRun(timing, last);
    if (next === null) break;
    runs.push(next);
    // when a schedule by priority runs after that is decided by what it finds
    if (timing.spec.by !== undefined) break;
    last = next;
  }
  return runs;
}

/** Until when nothing of the schedule may run; null: it may run now, or never may. */
export function heldUntil(spec: ScheduleSpec, now: number): number | null {
  if (spec.blackouts.length === 0) return null;
  const free = blackoutsOf(spec).after(now);
  return free === now ? null : free;
}

function nextBase({ spec, createdAt }: Timing, after: number): number | null {
  if (spec.cron !== undefined) {
    return readCron(spec.cron, spec.timeZone).nextRun(new Date(after))?.getTime() ?? null;
  }
  if (spec.every !== undefined) {
    const every = readDuration(spec.every) ?? DAY;
    return createdAt + (Math.floor((after - createdAt) / every) + 1) * every;
  }
  return after + LOOK_AGAIN_MS;
}

/** 0 to `most`, by the id alone: the same in every process and at every run. */
function jitterOf(id: string, most: number): number {
  if (most === 0) return 0;
  const share = createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;
  // whole seconds, as runs of cron have
  return Math.floor((share * most) / 1000) * 1000;
}

function blackoutsOf({ blackouts, timeZone }: ScheduleSpec): Blackouts {
  return new Blackouts(blackouts, timeZone);
}

/** Milliseconds after which each kind of host is looked at again. */
export function againOf({ again = {} }: ScheduleSpec): Readonly<Record<Found, number>> {
  const pairs = FOUND.map((found) => [found, readDuration(again[found] ?? '') ?? AGAIN[found]]);
  return Object.fromEntries(pairs) as Record<Found, number>;
}

/** Throws SCHEDULE_INVALID for a schedule that its form alone does not show to be wrong. */
export function checkTiming(timing: Timing, now: number): void {
  const { cron, timeZone } = timing.spec;
  if (!isTimeZone(timeZone)) {
    throw invalid('timeZone', timeZone, 'it is no time zone of the IANA database');
  }
  if (blackoutsOf(timing.spec).total) {
    throw invalid('blackouts', 'all of them', 'they leave no minute of the week');
  }
  if (cron === undefined) return;
  try {
    readCron(cron, timeZone);
  } catch (error) {
    throw invalid('cron', cron, messageOf(error));
  }
  if (nextRun(timing, now) === null) throw invalid('cron', cron, 'that time never comes');
}

function invalid(part: string, value: string, reason: string) {
  return problem('SCHEDULE_INVALID', { part, value, problem: reason });
}

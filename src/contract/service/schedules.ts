import { z } from 'zod';
import { duration } from './duration.ts';
import { scanSettings, scanTargets } from './scans.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day is written as 08:30');

/** A time of the week in which no run begins. */
const blackout = z.strictObject({
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .max(WEEKDAYS.length)
    .exactOptional()
    .describe('Days on which it begins; absent: every day.'),
  from: clock,
  to: clock.describe('The first minute after it. Not after `from`: of the next day.'),
});
export type Blackout = z.output<typeof blackout>;

/** How a host was found last: its worst finding; `clean`: none above info; `dark`: nothing answered. */
export const FOUND = ['dark', 'clean', 'low', 'medium', 'high', 'critical'] as const;
export type Found = (typeof FOUND)[number];

const again = duration('1 h', '366 d').exactOptional();

/** Whether a scan is due at times, at intervals, or by what was found last. */
const timing = {
  cron: z
    .string()
    .max(200)
    .exactOptional()
    .describe('Minute, hour, day, month, day of week: `0 3 * * *`.'),
  every: duration('1min', '366 d').exactOptional().describe('`6h`, counted from its creation.'),
  by: z
    .literal('priority')
    .exactOptional()
    .describe('Every host again after what was found there last.'),
  again: z
    .strictObject({
      critical: again,
      high: again,
      medium: again,
      low: again,
      clean: again,
      dark: again,
    })
    .exactOptional()
    .describe('With `by`: critical 12h, high 24h, medium 4d, low 6d, clean 7d, dark 90d.'),
  batch: z.int().min(1).max(4096).default(256).describe('With `by`: targets of one scan at most.'),
};

/** A schedule as people write it. Of `cron`, `every` and `by` exactly one. */
export const scheduleSpec = z
  .strictObject({
    ...timing,
    timeZone: z.string().max(64).default('UTC').describe('IANA name: Europe/Berlin.'),
    blackouts: z.array(blackout).max(50).default([]),
    strict: z
      .boolean()
      .default(false)
      .describe('A scan under way stops for a blackout and goes on after it.'),
    jitter: duration('0s', '1 d')
      .default('0s')
      .describe('Runs come later by up to this much, always the same for one schedule.'),
    ...scanTargets,
    scan: scanSettings.default({}),
  })
  .superRefine(({ cron, every, by, targets, groups }, context) => {
    const ways = [cron, every, by].filter((way) => way !== undefined);
    if (ways.length !== 1) {
      context.addIssue({ code: 'custom', message: 'exactly one of cron, every and by is needed' });
    }
    if (by === undefined && targets.length + groups.length === 0) {
      context.addIssue({ code: 'custom', message: 'targets or groups are needed' });
    }
  });
export type ScheduleSpec = z.output<typeof scheduleSpec>;

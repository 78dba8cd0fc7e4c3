import { Cron } from 'croner';

const MAX_STEPS = 60;

/**
 * Times of a cron pattern of five fields. Of times of day each comes once a day: one that clocks skip
 * comes at the first time after, one that they show twice comes the first time. A pattern for every
 * hour goes by real time. Throws what is wrong with the pattern.
 */
export function readCron(pattern: string, timeZone: string): Cron {
  return new Cron(inTimesOfDay(pattern), {
    timezone: timeZone,
    mode: '5-part',
    fixedTimeRule: 'no-wildcard',
  });
}

/**
 * Minutes and hours with their steps written out: croner takes a pattern with a step for an interval,
 * and would run it in both hours that clocks show twice.
 */
function inTimesOfDay(pattern: string): string {
  const [minute = '', hour = '', ...rest] = pattern.trim().split(/\s+/);
  if (hour === '*' || hour === '*/1') return pattern;
  return [writtenOut(minute, 59), writtenOut(hour, 23), ...rest].join(' ');
}

function writtenOut(field: string, last: number): string {
  return field
    .split(',')
    .map((part) => {
      const [, range, step = '1'] = /^(\*|\d{1,2}-\d{1,2})(?:\/(\d{1,2}))?$/.exec(part) ?? [];
      if (range === undefined || Number(step) === 0) return part;
      const [from = 0, to = last] = range === '*' ? [] : range.split('-').map(Number);
      if (from > to || to > last) return part;
      const count = Math.min(MAX_STEPS, Math.floor((to - from) / Number(step)) + 1);
      return Array.from({ length: count }, (_, index) => from + index * Number(step)).join(',');
    })
    .join(',');
}

import { describe, expect, it } from 'vitest';
import { type AlertRuleInput, alertRuleSpec } from '../contract/service/alert-rule.ts';
import { nextDigest } from './digest.ts';

type Delivery = NonNullable<AlertRuleInput['delivery']>;

/** The times of the next digests, as ISO 8601. */
function next(delivery: Delivery, after: string, count: number): readonly string[] {
  const spec = alertRuleSpec.parse({ delivery });
  const times: string[] = [];
  let at = Date.parse(after);
  for (let made = 0; made < count; made++) {
    at = nextDigest(spec, at) ?? Number.NaN;
    times.push(new Date(at).toISOString());
  }
  return times;
}

describe('a digest', () => {
  const timeZone = 'Europe/Berlin';

  it('keeps its local time when the clocks change', () => {
    // 29 March 2026: 02:00 CET becomes 03:00 CEST; 25 October: back
    const daily = { when: 'daily', time: '08:00', timeZone } as const;
    expect(next(daily, '2026-03-28T00:00:00Z', 2)).toEqual([
      '2026-03-28T07:00:00.000Z',
      '2026-03-29T06:00:00.000Z',
    ]);
    expect(next(daily, '2026-10-24T00:00:00Z', 2)).toEqual([
      '2026-10-24T06:00:00.000Z',
      '2026-10-25T07:00:00.000Z',
    ]);
  });

  it('at an hour that is left out or comes twice goes once that day', () => {
    const daily = { when: 'daily', time: '02:30', timeZone } as const;
    const days = (after: string) => next(daily, after, 3).map((time) => time.slice(0, 10));
    expect(days('2026-03-28T00:00:00Z')).toEqual(['2026-03-28', '2026-03-29', '2026-03-30']);
    expect(days('2026-10-24T00:00:00Z')).toEqual(['2026-10-24', '2026-10-25', '2026-10-26']);
  });

  it('of the week goes on its day', () => {
    const weekly = { when: 'weekly', day: 'monday', time: '08:00', timeZone: 'UTC' } as const;
    expect(next(weekly, '2026-01-01T12:00:00Z', 2)).toEqual([
      '2026-01-05T08:00:00.000Z',
      '2026-01-12T08:00:00.000Z',
    ]);
  });

  it('is none for a rule that tells at once', () => {
    expect(nextDigest(alertRuleSpec.parse({}), 0)).toBeNull();
  });
});

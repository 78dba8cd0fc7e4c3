import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Blackout, scheduleSpec, WEEKDAYS } from '../contract/service/schedules.ts';
import { Blackouts } from './blackout.ts';
import { checkTiming, heldUntil, nextRun, nextRuns, type Timing } from './schedule.ts';
import { localTime } from './zone.ts';

const ID = '0b9c6e2e-2f0f-4d8c-9d2a-7d1f2c3b4a59';
const CREATED = Date.UTC(2026, 0, 1, 12);

function timing(spec: Record<string, unknown>, id = ID): Timing {
  const parsed = scheduleSpec.parse({ targets: ['192.0.2.1'], ...spec });
  return { id, createdAt: CREATED, spec: parsed };
}

function runs(spec: Record<string, unknown>, after: string, count: number): string[] {
  return nextRuns(timing(spec), Date.parse(after), count).map((at) =>
    new Date(at).toISOString().replace(':00.000Z', 'Z'),
  );
}

describe('a time of day', () => {
  it.each([
    // clocks skip 02:00 to 03:00
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:00Z 2026-03-30T00:30Z'],
    ['0 3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:00Z 2026-03-30T01:00Z'],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', '2026-03-08T07:00Z 2026-03-09T06:30Z'],
    // they skip 02:00 to 02:30
    [
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00Z',
      '2026-10-03T15:30Z 2026-10-04T15:15Z',
    ],
    // they show 02:00 to 03:00 twice
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', '2026-10-25T00:30Z 2026-10-26T01:30Z'],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', '2026-11-01T05:30Z 2026-11-02T06:30Z'],
    // 01:30 to 02:00 twice
    [
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T00:00Z',
      '2026-04-04T14:45Z 2026-04-05T15:15Z',
    ],
    // steps and lists in the hour that comes twice, or not at all
    [
      '*/30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      '2026-10-25T00:00Z 2026-10-25T00:30Z 2026-10-26T01:00Z',
    ],
    ['*/30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', '2026-03-29T01:00Z 2026-03-30T00:00Z'],
    [
      '0 */2 * * *',
      'Europe/Berlin',
      '2026-10-24T21:00Z',
      '2026-10-24T22:00Z 2026-10-25T00:00Z 2026-10-25T03:00Z',
    ],
    [
      '0 0-6/2 * * *',
      'Europe/Berlin',
      '2026-03-28T22:30Z',
      '2026-03-28T23:00Z 2026-03-29T01:00Z 2026-03-29T02:00Z',
    ],
    // of the hours themselves none is left out
    [
      '0 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:30Z',
      '2026-10-25T00:00Z 2026-10-25T01:00Z 2026-10-25T02:00Z',
    ],
    ['0 * * * *', 'Europe/Berlin', '2026-03-29T00:30Z', '2026-03-29T01:00Z 2026-03-29T02:00Z'],
  ])('%s in %s after %s', (cron, timeZone, after, expected) => {
    const want = expected.split(' ');
    expect(runs({ cron, timeZone }, after, want.length)).toEqual(want);
  });

  it('comes once on every day of two years, whatever the clocks do', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'UTC',
      'Africa/Cairo',
    ];
    for (const timeZone of zones) {
      const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
      for (const clock of ['0 0', '30 1', '45 1', '15 2', '30 2', '0 3']) {
        const at = nextRuns(timing({ cron: `${clock} * * *`, timeZone }), CREATED, 730);
        expect(new Set(at.map((ms) => day.format(ms))).size).toBe(730);
      }
    }
  });

  it('that was passed while the clock was turned back does not come again by itself', () => {
    const spec = timing({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' });
    // asked between the two times at which clocks show 02:30
    const next = nextRun(spec, Date.parse('2026-10-25T00:45Z'));
    expect(next).toBe(Date.parse('2026-10-26T01:30Z'));
  });
});

describe('an interval', () => {
  it('is counted from the making of the schedule, so that nothing drifts', () => {
    expect(runs({ every: '6h' }, '2026-03-28T20:00:01Z', 3)).toEqual([
      '2026-03-29T00:00Z',
      '2026-03-29T06:00Z',
      '2026-03-29T12:00Z',
    ]);
  });

  it('is whole also when the clock stands before the making', () => {
    const next = nextRun(timing({ every: '1d' }), CREATED - 100 * 86_400_000 - 1);
    expect(next).toBe(CREATED - 100 * 86_400_000);
  });
});

describe('a blackout', () => {
  const office = { from: '08:00', to: '18:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] };

  it('lets a run wait for its end', () => {
    const spec = { cron: '0 9 * * *', timeZone: 'Europe/Berlin', blackouts: [office] };
    // a Friday, then the free weekend
    expect(runs(spec, '2026-01-09T00:00Z', 3)).toEqual([
      '2026-01-09T17:00Z',
      '2026-01-10T08:00Z',
      '2026-01-11T08:00Z',
    ]);
  });

  it('goes over midnight, from the day that it names', () => {
    const night = { from: '22:00', to: '06:00', days: ['sat'] };
    const { spec } = timing({ every: '1h', timeZone: 'UTC', blackouts: [night] });
    const held = (time: string) => heldUntil(spec, Date.parse(time));
    expect(held('2026-01-10T21:59Z')).toBeNull();
    expect(held('2026-01-10T22:00Z')).toBe(Date.parse('2026-01-11T06:00Z'));
    expect(held('2026-01-11T05:59:59Z')).toBe(Date.parse('2026-01-11T06:00Z'));
    expect(held('2026-01-11T22:00Z')).toBeNull();
  });

  it('ends by the clock on days on which that is changed', () => {
    const night = { from: '01:00', to: '05:00' };
    const { spec } = timing({ every: '1h', timeZone: 'Europe/Berlin', blackouts: [night] });
    // 05:00 is three hours after 01:00, and five
    expect(heldUntil(spec, Date.parse('2026-03-29T00:10Z'))).toBe(Date.parse('2026-03-29T03:00Z'));
    expect(heldUntil(spec, Date.parse('2026-10-24T23:10Z'))).toBe(Date.parse('2026-10-25T04:00Z'));
  });

  it('that follows another is waited for too', () => {
    const two = [
      { from: '08:00', to: '12:00' },
      { from: '12:00', to: '14:30' },
    ];
    expect(runs({ cron: '0 9 * * *', blackouts: two }, '2026-01-09T00:00Z', 1)).toEqual([
      '2026-01-09T14:30Z',
    ]);
  });
});

describe('what cannot be', () => {
  it.each([
    [{ cron: '0 0 31 2 *' }, 'never comes'],
    [{ cron: '61 * * * *' }, 'cron'],
    [{ cron: 'every day' }, 'cron'],
    [{ cron: '* * * * * *' }, 'cron'],
    [{ every: '1h', timeZone: 'Europe/Atlantis' }, 'time zone'],
    [{ every: '1h', blackouts: [{ from: '00:00', to: '00:00' }] }, 'no minute'],
  ])('%j is refused', (spec, words) => {
    expect(() => checkTiming(timing(spec), CREATED)).toThrow(
      expect.objectContaining({
        code: 'SCHEDULE_INVALID',
        message: expect.stringContaining(words),
      }),
    );
  });

  it.each([{}, { cron: '0 0 * * *', every: '1h' }, { every: '10s' }, { every: '1h', from: 1 }])(
    '%j is no schedule',
    (spec) => {
      expect(scheduleSpec.safeParse({ targets: ['192.0.2.1'], ...spec }).success).toBe(false);
    },
  );
});

describe('any schedule', () => {
  const clock = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => [hour, minute].map((one) => `${one}`.padStart(2, '0')).join(':'));
  const window: fc.Arbitrary<Blackout> = fc.record({
    from: clock,
    to: clock,
    days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 6 }),
  });
  const field = (most: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: 0, max: most }).map(String),
      fc.integer({ min: 1, max: most }).map((step) => `*/${step}`),
    );
  const when = fc.oneof(
    fc.tuple(field(59), field(23)).map(([minute, hour]) => ({ cron: `${minute} ${hour} * * *` })),
    fc.integer({ min: 1, max: 10_000 }).map((minutes) => ({ every: `${minutes}min` })),
    fc.constant({ by: 'priority' }),
  );
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/St_Johns',
  );
  const jitter = fc.integer({ min: 0, max: 1440 }).map((minutes) => `${minutes}min`);
  const moment = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });

  it('runs strictly after now, outside of blackouts, within bounds, and at the same time for all', () => {
    fc.assert(
      fc.property(
        when,
        zone,
        jitter,
        fc.array(window, { maxLength: 3 }),
        fc.uuid(),
        moment,
        (times, timeZone, shift, blackouts, id, now) => {
          const one = timing({ ...times, timeZone, jitter: shift, blackouts }, id);
          const dark = new Blackouts(blackouts, timeZone);
          const next = nextRun(one, now);
          if (dark.total) {
            expect(next).toBeNull();
            return;
          }
          expect(next).not.toBeNull();
          const at = next ?? 0;
          expect(at).toBeGreaterThan(now);
          expect(dark.has(at)).toBe(false);
          // an interval, a day of jitter, and a week of blackouts
          expect(at - now).toBeLessThan(17 * 86_400_000);
          expect(nextRun(one, now)).toBe(at);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('waits for a blackout no longer than it lasts', () => {
    fc.assert(
      fc.property(zone, window, moment, (timeZone, one, now) => {
        const dark = new Blackouts([one], timeZone);
        const free = dark.after(now);
        expect(free).not.toBeNull();
        if (!dark.has(now)) expect(free).toBe(now);
        // the minute before its end is still in it
        else expect(dark.has((free ?? 0) - 60_000)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('never throws anything unexpected for any pattern', () => {
    const characters = fc.constantFrom(...'0123456789*/,-LW#? '.split(''));
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 24 }), (pattern) => {
        const one = timing({ cron: pattern.join('') });
        try {
          checkTiming(one, CREATED);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SCHEDULE_INVALID' });
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('reads clocks of zones', () => {
  expect(localTime(Date.UTC(2026, 0, 1), 'Asia/Kathmandu')).toEqual({ weekday: 3, minute: 345 });
});

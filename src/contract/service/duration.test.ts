import fc from 'fast-check';
import { expect, it } from 'vitest';
import { duration, readDuration } from './duration.ts';

it.each([
  ['90s', 90_000],
  ['15 min', 900_000],
  ['6h', 21_600_000],
  ['4 d', 345_600_000],
  ['2w', 1_209_600_000],
  ['6', null],
  ['h', null],
  ['-1h', null],
  ['1.5h', null],
  ['1h ', null],
  ['9999999d', null],
])('%j is %s ms', (text, ms) => {
  expect(readDuration(text)).toBe(ms);
});

it('holds bounds, for any text', () => {
  const between = duration('1min', '1h');
  expect(between.safeParse('1min').success).toBe(true);
  expect(between.safeParse('59s').success).toBe(false);
  expect(between.safeParse('61min').success).toBe(false);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = readDuration(text);
      expect(between.safeParse(text).success).toBe(ms !== null && ms >= 60_000 && ms <= 3_600_000);
    }),
  );
});

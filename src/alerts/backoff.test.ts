import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoff, MAX_TRIES, waitAsked } from './backoff.ts';

const HOUR = 60 * 60 * 1000;
const NOW = Date.UTC(2026, 0, 1);

it('doubles up to an hour, and all tries take about a day', () => {
  const waits = Array.from({ length: MAX_TRIES - 1 }, (_, index) => backoff(index + 1, 0.5));
  expect(waits.slice(0, 4)).toEqual([30_000, 60_000, 120_000, 240_000]);
  expect(Math.max(...waits)).toBe(HOUR);
  const total = waits.reduce((sum, wait) => sum + wait, 0) / HOUR;
  expect([total > 20, total < 26]).toEqual([true, true]);
});

it('spreads tries by a fifth to either side', () => {
  expect([backoff(1, 0), backoff(1, 1)]).toEqual([24_000, 36_000]);
});

it.each([
  ['120', 120_000],
  [new Date(NOW + HOUR).toUTCString(), HOUR],
  [new Date(NOW - HOUR).toUTCString(), 0],
  ['999999999', 6 * HOUR],
  ['soon', 0],
  ['-1', 0],
  [undefined, 0],
])('reads Retry-After: %s', (text, wait) => {
  expect(waitAsked(text, NOW)).toBe(wait);
});

it('waits neither backwards nor for ever, whatever a peer says', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.integer().map(String)), (text) => {
      const wait = waitAsked(text, NOW);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(6 * HOUR);
    }),
  );
});

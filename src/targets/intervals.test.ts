import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Span } from './intervals.ts';
import { IntervalTable, SpanSet } from './intervals.ts';

const LIMIT = 200;
const span = fc
  .tuple(fc.nat(LIMIT), fc.nat(40))
  .map(([start, size]) => ({ start, end: start + size }));
const inside = (spans: readonly Span<number>[], value: number) =>
  spans.some(({ start, end }) => start <= value && value < end);
const values = Array.from({ length: LIMIT + 60 }, (_, value) => value);

describe('IntervalTable', () => {
  test('agrees with a linear look', () => {
    fc.assert(
      fc.property(fc.array(span), span, (spans, asked) => {
        const table = IntervalTable.of(spans);
        const left = table.without(asked);
        for (const value of values) {
          expect(table.has(value)).toBe(inside(spans, value));
          expect(inside(left, value)).toBe(inside([asked], value) && !inside(spans, value));
        }
      }),
    );
  });

  test('merges neighbours', () => {
    const table = IntervalTable.of<number>([
      { start: 5, end: 7 },
      { start: 1, end: 3 },
      { start: 3, end: 5 },
    ]);
    expect(table.size).toBe(1);
    expect(table.without({ start: 0, end: 9 })).toEqual([
      { start: 0, end: 1 },
      { start: 7, end: 9 },
    ]);
  });

  test('takes 128-bit values', () => {
    const top = 1n << 128n;
    const table = IntervalTable.of([{ start: top - 2n, end: top }]);
    expect([table.has(top - 3n), table.has(top - 2n), table.has(top - 1n)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('SpanSet', () => {
  test('agrees with a linear look, whatever the order of additions', () => {
    fc.assert(
      fc.property(fc.array(fc.array(span, { maxLength: 3 })), fc.array(span), (batches, asked) => {
        const set = new SpanSet<number>();
        for (const batch of batches) set.add(batch);
        const all = batches.flat();
        const left = set.without(asked);
        for (const value of values) {
          expect(set.has(value)).toBe(inside(all, value));
          expect(inside(left, value)).toBe(inside(asked, value) && !inside(all, value));
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PERMUTED, permutation } from './permute.ts';

test('visits every index once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), (size, seed) => {
      const permute = permutation(size, seed);
      const seen = new Set(Array.from({ length: size }, (_, index) => permute(index)));
      expect(seen.size).toBe(size);
      expect([Math.min(...seen), Math.max(...seen)]).toEqual([0, size - 1]);
    }),
  );
});

test('stays inside at the largest size', () => {
  const permute = permutation(MAX_PERMUTED, 7);
  const seen = new Set<number>();
  for (let index = MAX_PERMUTED - 1000; index < MAX_PERMUTED; index += 1) seen.add(permute(index));
  expect(seen.size).toBe(1000);
  expect(Math.max(...seen)).toBeLessThan(MAX_PERMUTED);
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
});

const order = (seed: number) => {
  const permute = permutation(65_536, seed);
  return Array.from({ length: 64 }, (_, index) => permute(index));
};

test('the seed decides the order, and neighbours fall into different networks', () => {
  expect(order(1)).toEqual(order(1));
  expect(order(1)).not.toEqual(order(2));
  expect(new Set(order(1).map((index) => index >> 8)).size).toBeGreaterThan(32);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNetwork } from '../model/network.ts';
import { addressRanges, cidrBlocks, everyAddress } from './cidr.ts';
import type { Family } from './layer.ts';
import { rangesOf } from './ranges.ts';

test('covers everything with one block', () => {
  expect(cidrBlocks(4, everyAddress(4))).toEqual(['0.0.0.0/0']);
  expect(cidrBlocks(6, everyAddress(6))).toEqual(['::/0']);
  expect(cidrBlocks(4, [])).toEqual([]);
});

test('covers what is no block with the fewest', () => {
  // 192.0.2.1–192.0.2.6
  expect(cidrBlocks(4, [0xc0000201n, 0xc0000207n])).toEqual([
    '192.0.2.1/32',
    '192.0.2.2/31',
    '192.0.2.4/31',
    '192.0.2.6/32',
  ]);
});

test.each([4, 6] as const)('reads back as the same addresses (IPv%i)', (family: Family) => {
  const most = (1n << BigInt(family === 4 ? 32 : 128)) - 1n;
  const run = fc.tuple(fc.bigInt(0n, most), fc.bigInt(0n, most));
  fc.assert(
    fc.property(fc.array(run, { maxLength: 8 }), (runs) => {
      const sorted = runs.map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)));
      const ranges = rangesOf(sorted, 1n);
      const blocks = cidrBlocks(family, ranges);
      const read = blocks.map((text) => readNetwork(text));
      if (read.some((network) => network?.family !== family)) throw new Error(blocks.join());
      expect(addressRanges(read.flatMap((network) => network ?? []))).toEqual(ranges);
      // no two neighbours are the halves of one block
      for (const [at, network] of read.entries()) {
        const next = read[at + 1];
        if (!network || !next) continue;
        const size = network.last - network.first + 1n;
        const halves =
          next.first === network.last + 1n &&
          next.last - next.first + 1n === size &&
          network.first % (size * 2n) === 0n;
        expect(halves).toBe(false);
      }
    }),
  );
});

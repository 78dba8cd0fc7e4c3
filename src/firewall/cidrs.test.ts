import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNetwork } from '../model/network.ts';
import { addressRanges, addressText, cidrsOf } from './cidrs.ts';
import type { Family } from './layer.ts';
import { rangesOf } from './ranges.ts';

describe('cidrsOf', () => {
  it('writes whole families, single addresses and odd ranges', () => {
    expect(cidrsOf(4, [0n, 1n << 32n])).toEqual(['0.0.0.0/0']);
    expect(cidrsOf(6, [0n, 1n << 128n])).toEqual(['::/0']);
    expect(cidrsOf(4, [7n, 8n])).toEqual(['0.0.0.7/32']);
    expect(cidrsOf(4, [1n, 7n])).toEqual(['0.0.0.1/32', '0.0.0.2/31', '0.0.0.4/31', '0.0.0.6/32']);
    expect(cidrsOf(6, [0x20010db8n << 96n, 0x20010db9n << 96n])).toEqual(['2001:db8::/32']);
    expect(cidrsOf(4, [])).toEqual([]);
  });

  it.each([4, 6] as const)('reads back as the same addresses (IPv%i)', (family: Family) => {
    const most = (1n << BigInt(family === 4 ? 32 : 128)) - 1n;
    const run = fc.tuple(fc.bigInt(0n, most), fc.bigInt(0n, most));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 8 }), (runs) => {
        const sorted = runs.map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const)));
        const ranges = rangesOf(sorted, 1n);
        const blocks = cidrsOf(family, ranges);
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
});

describe('addressText', () => {
  it('is canonical', () => {
    expect(addressText(4, 0xc0000207n)).toBe('192.0.2.7');
    expect(addressText(6, 1n)).toBe('::1');
    expect(addressText(6, 0x20010db8000000000000000000010000n)).toBe('2001:db8::1:0');
  });
});

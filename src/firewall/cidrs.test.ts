import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNetwork } from '../model/network.ts';
import { addressText, cidrsOf } from './cidrs.ts';
import { type Ranges, rangesOf } from './ranges.ts';

function back(texts: readonly string[]): Ranges<bigint> {
  return rangesOf(
    texts.flatMap((text) => {
      const network = readNetwork(text);
      return network === null ? [] : [[network.first, network.last] as const];
    }),
    1n,
  );
}

describe('cidrsOf', () => {
  it('writes whole families, single addresses and odd ranges', () => {
    expect(cidrsOf(4, [0n, 1n << 32n])).toEqual(['0.0.0.0/0']);
    expect(cidrsOf(6, [0n, 1n << 128n])).toEqual(['::/0']);
    expect(cidrsOf(4, [7n, 8n])).toEqual(['0.0.0.7/32']);
    expect(cidrsOf(4, [1n, 7n])).toEqual(['0.0.0.1/32', '0.0.0.2/31', '0.0.0.4/31', '0.0.0.6/32']);
    expect(cidrsOf(6, [0x20010db8n << 96n, 0x20010db9n << 96n])).toEqual(['2001:db8::/32']);
    expect(cidrsOf(4, [])).toEqual([]);
  });

  it('covers every set exactly', () => {
    const sets = fc
      .array(
        fc.tuple(fc.bigInt({ min: 0n, max: (1n << 32n) - 1n }), fc.bigInt({ min: 0n, max: 5000n })),
      )
      .map((pairs) =>
        rangesOf(
          pairs.map(([first, more]) => {
            const last = first + more;
            return [first, last < 1n << 32n ? last : first] as const;
          }),
          1n,
        ),
      );
    fc.assert(
      fc.property(sets, (set) => {
        expect(back(cidrsOf(4, set))).toEqual(set);
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

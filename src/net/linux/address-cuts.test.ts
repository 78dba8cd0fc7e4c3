import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CutsIPv4, CutsIPv6 } from './address-cuts.ts';

function bytesOf(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex');
}

/** The prefixes of `bits`-bit addresses, and addresses at and beside their bounds. */
function prefixesAndAddresses(bits: number) {
  const end = 1n << BigInt(bits);
  const prefix = fc
    .tuple(fc.bigInt({ min: 0n, max: end - 1n }), fc.integer({ min: 0, max: bits }))
    .map(([value, length]): readonly [bigint, number] => {
      const host = BigInt(bits - length);
      return [(value >> host) << host, length];
    });
  return fc.array(prefix, { maxLength: 8 }).chain((prefixes) => {
    const bounds = prefixes.flatMap(([first, length]) => {
      const behind = first + (1n << BigInt(bits - length));
      return [first - 1n, first, first + 1n, behind - 1n, behind];
    });
    const near = bounds.filter((value) => value >= 0n && value < end);
    const address = fc.oneof(
      fc.bigInt({ min: 0n, max: end - 1n }),
      fc.constantFrom(0n, end - 1n, ...near),
    );
    return fc.tuple(fc.constant(prefixes), address, address);
  });
}

function member(bits: number, address: bigint, [first, length]: readonly [bigint, number]) {
  return address >> BigInt(bits - length) === first >> BigInt(bits - length);
}

describe.each([
  [
    32,
    (prefixes: readonly (readonly [bigint, number])[]) => {
      const cuts = new CutsIPv4(prefixes.map(([first, length]) => [Number(first), length]));
      return { count: cuts.count, of: (address: bigint) => cuts.intervalOf(Number(address)) };
    },
  ],
  [
    128,
    (prefixes: readonly (readonly [bigint, number])[]) => {
      const cuts = new CutsIPv6(prefixes);
      return { count: cuts.count, of: (address: bigint) => cuts.intervalOf(bytesOf(address)) };
    },
  ],
] as const)('cuts of %i bits', (bits, make) => {
  it('never put two addresses together that a prefix tells apart', () => {
    fc.assert(
      fc.property(prefixesAndAddresses(bits), ([prefixes, a, b]) => {
        const cuts = make(prefixes);
        const apart = prefixes.some(
          (prefix) => member(bits, a, prefix) !== member(bits, b, prefix),
        );
        if (apart) expect(cuts.of(a)).not.toBe(cuts.of(b));
        expect(cuts.of(a)).toBeGreaterThanOrEqual(0);
        expect(cuts.of(a)).toBeLessThan(cuts.count);
      }),
    );
  });

  it('keep what lies between two bounds together', () => {
    const cuts = make([[1n << BigInt(bits - 1), 1]]);
    const half = 1n << BigInt(bits - 1);
    expect(cuts.count).toBe(2);
    expect([0n, half - 1n, half, 2n * half - 1n].map(cuts.of)).toEqual([0, 0, 1, 1]);
  });
});

it('a table of the size of the Internet is cut too', () => {
  const first = (at: number) => (0x2000n << 112n) + (BigInt(at * 7919) << 80n);
  const prefixes = Array.from({ length: 200_000 }, (_, at): [bigint, number] => [first(at), 48]);
  const cuts = new CutsIPv6(prefixes);
  expect(cuts.count).toBe(400_001);
  expect(cuts.intervalOf(bytesOf(first(100_000)))).toBe(200_001);
  expect(cuts.intervalOf(bytesOf(first(100_000) - 1n))).toBe(200_000);
});

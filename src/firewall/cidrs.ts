import ipaddr from 'ipaddr.js';
import type { Family } from './layer.ts';
import { type Ranges, rangesOf } from './ranges.ts';

const BITS = { 4: 32, 6: 128 } as const;

function dotted(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Canonical text of an address: dotted decimal, or RFC 5952. */
export function addressText(family: Family, value: bigint): string {
  if (family === 4) return dotted(Number(value));
  const length = BITS[family] / 8;
  const bytes = Array.from({ length }, (_, at) =>
    Number((value >> BigInt((length - 1 - at) * 8)) & 0xffn),
  );
  return new ipaddr.IPv6(bytes).toRFC5952String();
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

/** Bits of the largest block that begins at `first` and ends at or before `end`. */
function hostBits(first: bigint, end: bigint, bits: number): number {
  const fitting = bitLength(end - first) - 1;
  if (first === 0n) return Math.min(fitting, bits);
  const aligned = bitLength(first & -first) - 1;
  return Math.min(fitting, aligned);
}

/** The highest bit that is set in a number up to 2^32. */
function highestBit(value: number): number {
  return value === 2 ** 32 ? 32 : 31 - Math.clz32(value);
}

/** In plain numbers: written with bigints, addresses took a tenth of an audit. */
function dottedBlocks(ranges: Ranges<bigint>): readonly string[] {
  const out: string[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    const end = Number(ranges[at + 1]);
    let first = Number(ranges[at]);
    while (first < end) {
      const fitting = highestBit(end - first);
      const aligned = first === 0 ? BITS[4] : highestBit(first & -first);
      const host = Math.min(fitting, aligned);
      out.push(`${dotted(first)}/${BITS[4] - host}`);
      first += 2 ** host;
    }
  }
  return out;
}

/** The fewest CIDR blocks that cover a set exactly, ascending; always with their prefix: `192.0.2.7/32`. */
export function cidrsOf(family: Family, ranges: Ranges<bigint>): readonly string[] {
  if (family === 4) return dottedBlocks(ranges);
  const bits = BITS[family];
  const out: string[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    const end = ranges[at + 1] ?? 0n;
    let first = ranges[at] ?? end;
    while (first < end) {
      const host = hostBits(first, end, bits);
      out.push(`${addressText(family, first)}/${bits - host}`);
      first += 1n << BigInt(host);
    }
  }
  return out;
}

/** Ranges of runs of addresses with both ends included. */
export function addressRanges(
  runs: readonly { readonly first: bigint; readonly last: bigint }[],
): Ranges<bigint> {
  return rangesOf(
    runs.map(({ first, last }) => [first, last] as const),
    1n,
  );
}

import ipaddr from 'ipaddr.js';
import type { Family } from './layer.ts';
import type { Ranges } from './ranges.ts';

const BITS = { 4: 32, 6: 128 } as const;

/** Canonical text of an address: dotted decimal, or RFC 5952. */
export function addressText(family: Family, value: bigint): string {
  const length = BITS[family] / 8;
  const bytes = Array.from({ length }, (_, at) =>
    Number((value >> BigInt((length - 1 - at) * 8)) & 0xffn),
  );
  if (family === 4) return bytes.join('.');
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

/** The fewest CIDR blocks that cover a set exactly, ascending; always with their prefix: `192.0.2.7/32`. */
export function cidrsOf(family: Family, ranges: Ranges<bigint>): readonly string[] {
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

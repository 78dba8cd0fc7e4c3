import ipaddr from 'ipaddr.js';
import type { Family } from './layer.ts';
import { type Ranges, rangesOf } from './ranges.ts';

function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** All addresses of a family. */
export function everyAddress(family: Family): Ranges<bigint> {
  return [0n, 1n << BigInt(bitsOf(family))];
}

/** Canonical text of an address (RFC 5952). */
export function addressText(family: Family, value: bigint): string {
  const bytes: number[] = [];
  for (let shift = bitsOf(family) - 8; shift >= 0; shift -= 8) {
    bytes.push(Number((value >> BigInt(shift)) & 0xffn));
  }
  return ipaddr.fromByteArray(bytes).toString();
}

/** The fewest CIDR blocks (RFC 4632) that cover exactly these addresses, lowest first. */
export function cidrBlocks(family: Family, ranges: Ranges<bigint>): string[] {
  const blocks: string[] = [];
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    let first = ranges[at] as bigint;
    const end = ranges[at + 1] as bigint;
    while (first < end) {
      const size = largestBlock(family, first, end);
      blocks.push(`${addressText(family, first)}/${bitsOf(family) - size}`);
      first += 1n << BigInt(size);
    }
  }
  return blocks;
}

/** Host bits of the largest block that begins at `first` and ends before `end`. */
function largestBlock(family: Family, first: bigint, end: bigint): number {
  let bits = 0;
  while (bits < bitsOf(family)) {
    const next = 1n << BigInt(bits + 1);
    if (first % next !== 0n || first + next > end) break;
    bits += 1;
  }
  return bits;
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

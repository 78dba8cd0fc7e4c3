import { addressValue, bitsOf } from '../../address-value.ts';
import type { AddressRanges, Family } from '../../layer.ts';
import { equalRanges, rangesOf } from '../../ranges.ts';

/** Most pieces that an address with a mask of scattered bits is taken apart into. */
const MOST_PIECES = 4096n;

type Pair = readonly [bigint, bigint];

/** Addresses with or without mask, apart by commas, as `-s` takes them; null when one is none. */
export function readAddressList(text: string, family: Family): AddressRanges | null {
  const pairs: Pair[] = [];
  for (const part of text.split(',')) {
    const blocks = readMasked(part, family);
    if (blocks === null) return null;
    pairs.push(...blocks);
  }
  return { family, ranges: rangesOf(pairs, 1n) };
}

/** `192.0.2.1-192.0.2.9`, or one address. */
export function readAddressRange(text: string, family: Family): AddressRanges | null {
  const [from = '', to = from, ...more] = text.split('-');
  const first = addressValue(from, family);
  const last = addressValue(to, family);
  if (first === null || last === null || last < first || more.length > 0) return null;
  return { family, ranges: rangesOf([[first, last]], 1n) };
}

/** Whether it is every address there is. */
export function isEverything({ family, ranges }: AddressRanges): boolean {
  return equalRanges(ranges, [0n, 1n << BigInt(bitsOf(family))]);
}

function readMasked(text: string, family: Family): readonly Pair[] | null {
  const [base = '', mask, ...more] = text.split('/');
  const address = addressValue(base, family);
  if (address === null || more.length > 0) return null;
  if (mask === undefined) return [[address, address]];
  const bits = maskOf(mask, family);
  return bits === null ? null : piecesOf(address, bits, BigInt(bitsOf(family)));
}

function maskOf(text: string, family: Family): bigint | null {
  if (!/^\d{1,3}$/.test(text)) return addressValue(text, family);
  const width = BigInt(bitsOf(family));
  const length = BigInt(text);
  return length > width ? null : ((1n << length) - 1n) << (width - length);
}

/** All addresses whose bits under the mask are those of `address`; null when they are too scattered. */
function piecesOf(address: bigint, mask: bigint, width: bigint): readonly Pair[] | null {
  const free = (1n << width) - 1n - mask;
  let block = 1n;
  while ((free & block) !== 0n) block <<= 1n;
  let pairs: Pair[] = [[address & mask, (address & mask) + block - 1n]];
  for (let bit = block; bit < 1n << width; bit <<= 1n) {
    if ((free & bit) === 0n) continue;
    if (BigInt(pairs.length) >= MOST_PIECES) return null;
    pairs = pairs.flatMap(([first, last]): Pair[] => [
      [first, last],
      [first | bit, last | bit],
    ]);
  }
  return pairs;
}

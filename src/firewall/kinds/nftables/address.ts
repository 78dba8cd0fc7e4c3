import { readNetwork } from '../../../model/network.ts';
import type { Family } from '../../layer.ts';

const MAPPED = 0xffff_0000_0000n;

export function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/**
 * The number of an address of this family; undefined for any other text. nft keeps an IPv4-mapped
 * IPv6 address what it is, where `readNetwork` makes it an IPv4 one.
 */
export function addressOf(text: string, family: Family): bigint | undefined {
  if (text.includes('/') || text.includes('-')) return undefined;
  const network = readNetwork(text);
  if (network === null) return undefined;
  const value = network.first;
  if (!text.includes(':')) return family === 4 ? value : undefined;
  if (family === 4) return undefined;
  return network.family === 4 ? MAPPED | value : value;
}

/** First and last address of a block. */
export function blockOf(
  text: string,
  length: number,
  family: Family,
): readonly [bigint, bigint] | undefined {
  const address = addressOf(text, family);
  const bits = bitsOf(family);
  if (address === undefined || !Number.isInteger(length) || length < 0 || length > bits) {
    return undefined;
  }
  const rest = BigInt(bits - length);
  const first = (address >> rest) << rest;
  return [first, first + (1n << rest) - 1n];
}

/** Prefix length of a mask such as 255.255.255.0; undefined when its ones are not all in front. */
export function maskLength(text: string, family: Family): number | undefined {
  const mask = addressOf(text, family);
  if (mask === undefined) return undefined;
  const bits = bitsOf(family);
  const zeros = (1n << BigInt(bits)) - 1n - mask;
  if ((zeros & (zeros + 1n)) !== 0n) return undefined;
  return bits - zeros.toString(2).replace(/^0$/, '').length;
}

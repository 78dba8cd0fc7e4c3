import { readNetwork } from '../model/network.ts';
import type { Family } from './layer.ts';

const MAPPED = 0xffff_0000_0000n;

export function bitsOf(family: Family): number {
  return family === 4 ? 32 : 128;
}

/**
 * The number of an address of this family; null for any other text. Netfilter keeps an IPv4-mapped
 * IPv6 address what it is, where `readNetwork` makes it an IPv4 one.
 */
export function addressValue(text: string, family: Family): bigint | null {
  if (/[/%-]/.test(text) || text.includes(':') !== (family === 6)) return null;
  const network = readNetwork(text);
  if (network === null) return null;
  return family === 6 && network.family === 4 ? MAPPED | network.first : network.first;
}

import { addressValue, bitsOf } from './address-value.ts';
import type { Family } from './layer.ts';

function maskBits(text: string, family: Family): string | null {
  const mask = addressValue(text, family);
  return mask === null ? null : mask.toString(2).padStart(bitsOf(family), '0');
}

/** Prefix length of a netmask (`255.255.255.0`); null where its ones are not all in front. */
export function prefixOfMask(text: string, family: Family = 4): number | null {
  const bits = maskBits(text, family);
  return bits !== null && /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : null;
}

/** Prefix length of a wildcard (`0.0.0.255`: zeros must match); null where it is no such mask. */
export function prefixOfWildcard(text: string): number | null {
  const bits = maskBits(text, 4);
  if (bits === null || !/^0*1*$/.test(bits)) return null;
  const first = bits.indexOf('1');
  return first === -1 ? 32 : first;
}

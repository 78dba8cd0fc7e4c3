import { readNetwork } from '../model/network.ts';

function maskBits(text: string): string | null {
  const network = readNetwork(text);
  if (network === null || network.family !== 4 || network.first !== network.last) return null;
  return network.first.toString(2).padStart(32, '0');
}

/** Prefix length of an IPv4 netmask (`255.255.255.0`); null where its ones are not all in front. */
export function prefixOfMask(text: string): number | null {
  const bits = maskBits(text);
  return bits !== null && /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : null;
}

/** Prefix length of a wildcard (`0.0.0.255`: zeros must match); null where it is no such mask. */
export function prefixOfWildcard(text: string): number | null {
  const bits = maskBits(text);
  if (bits === null || !/^0*1*$/.test(bits)) return null;
  const first = bits.indexOf('1');
  return first === -1 ? 32 : first;
}

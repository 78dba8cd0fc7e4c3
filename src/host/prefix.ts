import { familyOf } from '../model/address.ts';

/** Prefix length of Node's CIDR text of an address; that of a single address when Node gives none. */
export function prefixOf(cidr: string | null, address: string): number {
  const prefix = Number(cidr?.split('/')[1]);
  if (Number.isInteger(prefix)) return prefix;
  return familyOf(address) === 4 ? 32 : 128;
}

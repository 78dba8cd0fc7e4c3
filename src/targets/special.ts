import type { Block } from './address.ts';
import { AddressSet } from './address-set.ts';
import { parseTarget } from './parse.ts';

/** Addresses that stand for no one host (IANA special-purpose registries, RFC 6890), and why. */
const SPECIAL = [
  ['0.0.0.0/8', 'it means "this network" (RFC 1122), not a host'],
  ['224.0.0.0/4', 'it is a multicast address, a group and not a host'],
  ['255.255.255.255', 'it is the broadcast address, everybody and not a host'],
  ['::', 'it is the unspecified address, not a host'],
  ['ff00::/8', 'it is a multicast address, a group and not a host'],
] as const;

const NEEDS_ZONE = 'a link-local address needs its interface, as in fe80::1%eth0';

const rules = SPECIAL.map(([text, reason]) => ({ set: setOf([text]), reason }));
const special = setOf(SPECIAL.map(([text]) => text));
const zoneless = setOf([...SPECIAL.map(([text]) => text), 'fe80::/10']);

function setOf(texts: readonly string[]): AddressSet {
  const set = new AddressSet();
  for (const target of texts.map(parseTarget)) if ('blocks' in target) set.add(target.blocks);
  return set;
}

/**
 * The addresses of a block that may be hosts. The network and broadcast addresses of a subnet are
 * among them: who knows its mask?
 */
export function hostsOf(block: Block): readonly Block[] {
  const zoned = block.family === 6 && block.zone !== undefined;
  return (zoned ? special : zoneless).without(block);
}

/** Why a block of which `hostsOf` leaves nothing has no host in it. */
export function noHostReason(block: Block): string {
  const rule = rules.find(({ set }) => set.without(block).length === 0);
  return rule?.reason ?? NEEDS_ZONE;
}

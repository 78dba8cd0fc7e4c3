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

const rules = SPECIAL.map(([text, reason]) => ({ set: setOf(text), reason }));
const linkLocal = { set: setOf('fe80::/10'), reason: NEEDS_ZONE };

function setOf(text: string): AddressSet {
  const target = parseTarget(text);
  const set = new AddressSet();
  if ('blocks' in target) set.add(target.blocks);
  return set;
}

/** The addresses of a block that may be hosts; `reason` says why, when there are none. */
export interface Hosts {
  readonly blocks: readonly Block[];
  readonly reason: string;
}

/** Leaves out of `block` what is no host. Network and broadcast addresses of a subnet stay: who knows its mask? */
export function hostsOf(block: Block): Hosts {
  const zoned = block.family === 6 && block.zone !== undefined;
  let blocks: readonly Block[] = [block];
  let reason = '';
  for (const rule of zoned ? rules : [...rules, linkLocal]) {
    const left = blocks.flatMap((part) => rule.set.without(part));
    if (left.length === 0 && blocks.length > 0) reason = rule.reason;
    blocks = left;
  }
  return { blocks, reason };
}

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { problem } from '../model/errors.ts';
import { anyNetworkHas, type Network, readNetwork } from '../model/network.ts';
import type { Resolver } from '../net/dns.ts';

/** What decides where a message may go. */
export interface Guard {
  /** Networks that the operator allows although they are inside. */
  readonly allowed: readonly Network[];
  readonly resolver: Resolver;
}

/** Global unicast IPv6 (RFC 4291 §2.4); what is not in it has no place on the Internet. */
const GLOBAL_IPV6 = networks('2000::/3');
/** Global by number, yet answered by the cloud the machine stands in: Azure's wire server. */
const INSIDE_BY_USE = networks('168.63.129.16');

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.flatMap((text) => readNetwork(text) ?? []);
}

/**
 * Whether an address is one of the Internet: not private, loopback, link-local (where clouds keep
 * their metadata), shared, reserved, multicast, nor one that embeds an IPv4 address (6to4, NAT64).
 */
export function isOutside(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast' || anyNetworkHas(INSIDE_BY_USE, address)) return false;
  return parsed.kind() === 'ipv4' || anyNetworkHas(GLOBAL_IPV6, address);
}

function isPermitted(address: string, { allowed }: Guard): boolean {
  return isOutside(address) || anyNetworkHas(allowed, address);
}

async function resolved(host: string, { resolver }: Guard): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const { addresses, failure } = await resolver.resolve(host);
  if (addresses.length > 0) return addresses;
  const reason = failure === undefined ? 'it has no address' : `${failure.kind}: ${failure.detail}`;
  throw problem('NOTIFY_UNREACHABLE', { peer: host, problem: `the name has no answer, ${reason}` });
}

/**
 * The addresses of a host that may be written to, never empty. One that may not makes the whole name
 * suspect: it throws NOTIFY_INSIDE. Connect to these, never to the name: it may have another address
 * a moment later (DNS rebinding).
 */
export async function permittedAddresses(host: string, guard: Guard): Promise<readonly string[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const addresses = await resolved(bare, guard);
  const inside = addresses.find((address) => !isPermitted(address, guard));
  if (inside !== undefined) throw problem('NOTIFY_INSIDE', { peer: bare, address: inside });
  return addresses;
}

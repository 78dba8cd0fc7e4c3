import { readNetwork } from '../../../model/network.ts';
import type { AddressField, AddressRanges, Family, Test } from '../../layer.ts';
import { type Ranges, rangesOf } from '../../ranges.ts';
import { MAX_PORT, numberTest, opaqueTest, singles } from '../../steps.ts';
import { protocolOf } from '../iptables/words.ts';
import type { Ipset, Peer, PortSpec } from './config.ts';

export function protocolIs(name: string): Test {
  const number = protocolOf(name);
  return typeof number === 'number'
    ? numberTest('protocol', singles([number]))
    : opaqueTest(`protocol ${name}`);
}

/** `80`, `1000-2000`; undefined for what is none. */
export function portRanges(text: string): Ranges<number> | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined || Number(last) > MAX_PORT || Number(first) > Number(last)) {
    return undefined;
  }
  return rangesOf([[Number(first), Number(last)]], 1);
}

export function portIs(
  field: 'source-port' | 'destination-port',
  { port, protocol }: PortSpec,
): Test[] {
  const ranges = portRanges(port);
  const inside: Test =
    ranges === undefined ? opaqueTest(`${field} ${port}`) : { test: 'number', field, in: ranges };
  return [protocolIs(protocol), inside];
}

/** An address, a CIDR block, or an IPv4 address with a dotted mask; undefined for what is none. */
export function addressRanges(text: string): AddressRanges | undefined {
  const network = readNetwork(withPrefix(text));
  // An IPv4-mapped IPv6 address reads as the IPv4 one, which the kernel keeps apart.
  if (network === null || text.includes('-') || (network.family === 4 && text.includes(':'))) {
    return undefined;
  }
  const { family, first, last } = network;
  return { family, ranges: rangesOf([[first, last]], 1n) };
}

function withPrefix(text: string): string {
  const [address = '', mask = ''] = text.split('/');
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(mask)?.slice(1).map(Number);
  if (parts === undefined) return text;
  const bits = parts.map((part) => part.toString(2).padStart(8, '0')).join('');
  const ones = bits.indexOf('0') === -1 ? 32 : bits.indexOf('0');
  // A mask with holes is no prefix: left as it is, and not understood.
  return bits.slice(ones).includes('1') ? text : `${address}/${ones}`;
}

export function addressIs(field: AddressField, text: string, not = false): Test {
  const ranges = addressRanges(text);
  if (ranges === undefined) return opaqueTest(`${field} ${not ? 'not ' : ''}${text}`);
  return { test: 'address', field, in: ranges, ...(not && { not }) };
}

/** Source or destination of a rich rule, or a zone's source as `{ address }` or `{ ipset }`. */
export function peerIs(
  field: 'source' | 'destination',
  peer: Peer,
  ipsets: ReadonlyMap<string, Ipset>,
): Test {
  if (peer.address !== undefined) return addressIs(field, peer.address, peer.not);
  if (peer.ipset === undefined) return opaqueTest(`${field} mac ${peer.mac}`);
  return ipsetHas(field, peer.ipset, peer.not, ipsets.get(peer.ipset));
}

function ipsetHas(
  field: 'source' | 'destination',
  name: string,
  not: boolean,
  ipset: Ipset | undefined,
): Test {
  const unknown = opaqueTest(`${field} ${not ? 'not ' : ''}ipset:${name}`);
  if (ipset === undefined || ipset.timed || !['hash:ip', 'hash:net'].includes(ipset.type)) {
    return unknown;
  }
  const pairs: [bigint, bigint][] = [];
  for (const entry of ipset.entries) {
    const network = readNetwork(entry);
    if (network === null || network.family !== ipset.family) return unknown;
    pairs.push([network.first, network.last]);
  }
  const ranges = rangesOf(pairs, 1n);
  return { test: 'address', field, in: { family: ipset.family, ranges }, ...(not && { not }) };
}

export function familyIs(family: Family): Test {
  return { test: 'family', family };
}

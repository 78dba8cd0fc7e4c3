import ipaddr from 'ipaddr.js';

/** A run of addresses of one family, both ends included, as integers. */
export interface Network {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Dotted decimal without leading zeros: `010.0.0.1` means two things to two programs. */
const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
/** Longest address text: an IPv6 address with an embedded IPv4 one, and a zone. */
const MAX_TEXT = 64;

function bits(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function valueOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Of firewalls tens of thousands are read at once: numbers, not big ones, until the last. */
function readIpv4(text: string): Address | null {
  let value = 0;
  for (const part of text.split('.')) {
    const byte = Number(part);
    if (byte > 255) return null;
    value = value * 256 + byte;
  }
  return { family: 4, value: BigInt(value) };
}

/** An IPv4-mapped IPv6 address counts as the IPv4 address; a zone is left out. */
function readAddress(text: string): Address | null {
  if (text.length > MAX_TEXT) return null;
  if (IPV4.test(text)) return readIpv4(text);
  const bare = text.split('%', 1)[0] ?? '';
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return null;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) {
    return { family: 4, value: valueOf(parsed.toIPv4Address().toByteArray()) };
  }
  return { family: 6, value: valueOf(parsed.toByteArray()) };
}

function readBlock(base: Address, prefixText: string): Network | null {
  const prefix = Number(prefixText);
  if (!/^\d{1,3}$/.test(prefixText) || prefix > bits(base.family)) return null;
  const hostBits = BigInt(bits(base.family) - prefix);
  const first = (base.value >> hostBits) << hostBits;
  return { family: base.family, first, last: first + (1n << hostBits) - 1n };
}

/** The end of a range is an address, or for IPv4 the last number alone: `192.0.2.1-50`. */
function readEnd(start: Address, text: string): Address | null {
  if (start.family !== 4 || !/^\d{1,3}$/.test(text)) return readAddress(text);
  const last = Number(text);
  return last > 255 ? null : { family: 4, value: (start.value & ~0xffn) | BigInt(last) };
}

/**
 * Reads an address (`192.0.2.7`), a CIDR block (RFC 4632; bits behind the prefix are ignored) or a
 * range (`192.0.2.1-50`, `2001:db8::1-2001:db8::9`); null for anything else.
 */
export function readNetwork(text: string): Network | null {
  const [head = '', prefix, ...more] = text.split('/');
  if (more.length > 0) return null;
  const dash = head.indexOf('-');
  const start = readAddress(dash === -1 ? head : head.slice(0, dash));
  if (start === null) return null;
  if (prefix !== undefined) return dash === -1 ? readBlock(start, prefix) : null;
  const end = dash === -1 ? start : readEnd(start, head.slice(dash + 1));
  if (end === null || end.family !== start.family || end.value < start.value) return null;
  return { family: start.family, first: start.value, last: end.value };
}

function holds({ family, first, last }: Network, address: Address): boolean {
  return address.family === family && address.value >= first && address.value <= last;
}

/** Whether an address lies in one of the networks; false for text that is no address. */
export function anyNetworkHas(networks: readonly Network[], address: string): boolean {
  const read = readAddress(address);
  return read !== null && networks.some((network) => holds(network, read));
}

/** Whether an address lies in a network; false for text that is no address. */
export function networkHas(network: Network, address: string): boolean {
  return anyNetworkHas([network], address);
}

/** Whether an address can be reached from its own network only (RFC 1918, 4193, 6598, loopback…). */
export function isPrivateAddress(address: string): boolean {
  return anyNetworkHas(PRIVATE, address);
}

/** Whether all addresses of one network lie in another. */
export function containsNetwork(outer: Network, inner: Network): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** Whether all of a network can be reached from its own network only. */
export function isPrivateNetwork(network: Network): boolean {
  return PRIVATE.some((block) => containsNetwork(block, network));
}

function readAll(...texts: readonly string[]): readonly Network[] {
  return texts.flatMap((text) => readNetwork(text) ?? []);
}

/** What can be reached from its own network only, as addresses and CIDR blocks. */
export const PRIVATE_BLOCKS: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
  'fe80::/10',
];
const PRIVATE = readAll(...PRIVATE_BLOCKS);

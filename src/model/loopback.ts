/*
 * Apart from network.ts because engines ask it of each host, and reading any address at all takes a
 * library that loads longer than the rest of an engine.
 */

const IPV4 = /^127(?:\.(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])){3}$/;
/** `::1`, with or without the zeros. */
const IPV6 = /^[0:]*:0{0,3}1$/;
/** IPv4-mapped (RFC 4291 §2.5.5.2); the groups before it are all zero. */
const MAPPED = /^(?:::|(?:0{1,4}:){5})ffff:(.+)$/i;
const MAPPED_HEX = /^7f[\da-f]{2}:[\da-f]{1,4}$/i;

/**
 * Whether an address never leaves its own machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3); an
 * IPv4-mapped address counts as the IPv4 address, a zone is left out.
 */
export function isLoopback(address: string): boolean {
  // asked for each host of a scan: most are told by their first characters
  if (address.startsWith('127.')) return IPV4.test(address);
  if (!address.includes(':')) return false;
  const bare = address.split('%', 1)[0] ?? '';
  const mapped = MAPPED.exec(bare)?.[1];
  if (mapped === undefined) return IPV6.test(bare);
  return IPV4.test(mapped) || MAPPED_HEX.test(mapped);
}

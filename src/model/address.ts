import ipaddr from 'ipaddr.js';

/** Longest address text: an IPv6 address with an embedded IPv4 one. */
const MAX_TEXT = 45;
const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const ZONE = /^[\w.:@-]{1,64}$/;

/**
 * Canonical text (RFC 5952) of an address of 4 or 16 bytes in network order; an IPv4-mapped one as
 * the IPv4 address. Null for any other length.
 */
export function addressText(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return null;
  if (isMapped(bytes)) return bytes.subarray(12).join('.');
  return ipaddr.fromByteArray([...bytes]).toString();
}

function isMapped(bytes: Uint8Array): boolean {
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** The canonical text of an address text, its zone kept; null for what is no address. */
export function canonicalAddress(text: string): string | null {
  const [bare = '', zone, ...more] = text.split('%');
  if (more.length > 0 || bare.length > MAX_TEXT) return null;
  if (IPV4.test(bare)) return zone === undefined && ipaddr.IPv4.isValid(bare) ? bare : null;
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return null;
  if (zone !== undefined && !ZONE.test(zone)) return null;
  const canonical = addressText(Uint8Array.from(ipaddr.IPv6.parse(bare).toByteArray()));
  return zone === undefined ? canonical : `${canonical}%${zone}`;
}

/** 4 or 6, of a valid address. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

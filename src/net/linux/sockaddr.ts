import { isIP } from 'node:net';
import { type Memory, rawBuffer } from './libc.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;
/** Where the port lies in both structures: big-endian, after the family. */
export const PORT_OFFSET = 2;
/** Character code of `0`; the one of `.` is below it. */
const ZERO = 48;

/** A `sockaddr_in` or `sockaddr_in6` (ip(7), ipv6(7)); whoever connects writes the port. */
export interface SocketAddress {
  readonly family: typeof AF_INET | typeof AF_INET6;
  readonly bytes: Memory;
}

/** `scope` gives the index of the interface named after `%`. Null when `text` is no IP address. */
export function encodeAddress(text: string, scope: (zone: string) => number): SocketAddress | null {
  const kind = isIP(text);
  if (kind === 4) return encodeIPv4(text);
  if (kind !== 6) return null;
  const [address = '', zone] = text.split('%');
  return encodeIPv6(address, zone === undefined ? 0 : zoneIndex(zone, scope));
}

function zoneIndex(zone: string, scope: (zone: string) => number): number {
  return /^\d+$/.test(zone) ? Number(zone) : scope(zone);
}

/** Structures cut from one piece of memory: a piece for each costs as much as the probe it is for. */
const SLAB_BYTES = 4096;
let slab: Memory = rawBuffer(0);
let cut = 0;

/** Zeroed memory that is never given out again. */
function carve(bytes: number): Memory {
  if (cut + bytes > slab.length) {
    slab = rawBuffer(SLAB_BYTES);
    cut = 0;
  }
  const start = cut;
  cut += bytes;
  return slab.subarray(start, cut);
}

function encodeIPv4(text: string): SocketAddress {
  const bytes = carve(16);
  bytes[0] = AF_INET;
  let at = 4;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0) at += 1;
    else bytes[at] = (bytes[at] ?? 0) * 10 + digit;
  }
  return { family: AF_INET, bytes };
}

function encodeIPv6(text: string, scope: number): SocketAddress {
  const bytes = carve(28);
  bytes[0] = AF_INET6;
  bytes.set(ipv6Bytes(text), 8);
  bytes.writeUInt32LE(scope, 24);
  return { family: AF_INET6, bytes };
}

/** The 16 bytes of a valid IPv6 text without zone (RFC 4291 §2.2). */
function ipv6Bytes(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const left = groupBytes(head);
  if (tail === undefined) return left;
  const right = groupBytes(tail);
  const gap = Array.from({ length: 16 - left.length - right.length }, () => 0);
  return [...left, ...gap, ...right];
}

function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

import { addressText } from '../../model/address.ts';
import type { Route } from '../../model/machine.ts';

/** Flags of linux/route.h and linux/ipv6_route.h. */
const RTF_UP = 0x1;
const RTF_REJECT = 0x200;
const RTF_ANYCAST = 0x10_0000;
const RTF_CACHE = 0x100_0000;
const RTF_LOCAL = 0x8000_0000;
const NOT_MAIN = RTF_REJECT | RTF_ANYCAST | RTF_CACHE | RTF_LOCAL;

/**
 * Reads /proc/net/route: the main table, IPv4, numbers in the machine's order (little-endian here).
 * Lines that are no route are left out.
 */
export function readRoutesIPv4(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [device = '', destination = '', , flags = '', , , , mask = ''] = line.split(/\s+/);
    const first = hexBytes(destination, 4)?.reverse();
    const bits = hexBytes(mask, 4);
    const set = Number.parseInt(flags, 16);
    if (first === undefined || bits === null || (set & RTF_UP) === 0) return [];
    if ((set & RTF_REJECT) !== 0) return [];
    return [{ to: `${addressText(first)}/${countBits(bits)}`, device }];
  });
}

/** Reads /proc/net/ipv6_route, which holds all tables; multicast and local routes are left out. */
export function readRoutesIPv6(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [destination = '', prefix = '', , , , , , , flags = '', device = ''] = line.split(/\s+/);
    const first = hexBytes(destination, 16);
    const length = Number.parseInt(prefix, 16);
    const set = Number.parseInt(flags, 16);
    if (first === null || device === '' || first[0] === 0xff || !(length <= 128)) return [];
    if ((set & RTF_UP) === 0 || (set & NOT_MAIN) !== 0) return [];
    return [{ to: `${addressText(first)}/${length}`, device }];
  });
}

function hexBytes(text: string, length: number): Uint8Array | null {
  if (text.length !== length * 2 || !/^[\da-f]+$/i.test(text)) return null;
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

function countBits(bytes: Uint8Array): number {
  return [...bytes].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
}

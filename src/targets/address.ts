/** An IPv4 address; `value` is its 32 bits as an unsigned integer. */
interface V4Address {
  readonly family: 4;
  readonly value: number;
}

/** An IPv6 address; `value` is its 128 bits. `zone` only on link-local addresses (RFC 4007 §11). */
interface V6Address {
  readonly family: 6;
  readonly value: bigint;
  readonly zone?: string;
}

export type Address = V4Address | V6Address;

/** Neighbouring addresses, `start` included and `end` not, so that neighbours share a bound. */
export interface V4Block {
  readonly family: 4;
  readonly start: number;
  readonly end: number;
}

export interface V6Block {
  readonly family: 6;
  readonly start: bigint;
  readonly end: bigint;
  readonly zone?: string;
}

export type Block = V4Block | V6Block;

const V4_MAPPED = 0xffffn << 32n;
const LINK_LOCAL = 0xfe80n << 112n;

/**
 * Reads an address as strictly as `net.isIP`: four decimal parts without leading zeros, or RFC 4291
 * text with an optional zone. An IPv4-mapped address (`::ffff:192.0.2.1`) is the IPv4 address it
 * stands for: a connection to it is an IPv4 connection. Null for anything else.
 */
export function parseAddress(text: string): Address | null {
  const v4 = parseV4(text);
  if (v4 !== null) return { family: 4, value: v4 };
  const percent = text.indexOf('%');
  if (percent === -1) return mapped(parseV6(text));
  const zone = text.slice(percent + 1);
  const value = parseV6(text.slice(0, percent));
  return value !== null && isLinkLocal(value) && isZone(zone) ? { family: 6, value, zone } : null;
}

function mapped(value: bigint | null): Address | null {
  if (value === null) return null;
  return isMapped(value) ? { family: 4, value: Number(value - V4_MAPPED) } : { family: 6, value };
}

export function isMapped(value: bigint): boolean {
  return value >> 32n === 0xffffn;
}

/** fe80::/10 (RFC 4291 §2.5.6): means nothing without the interface it is reached through. */
export function isLinkLocal(value: bigint): boolean {
  return value >> 118n === LINK_LOCAL >> 118n;
}

/** The characters `net.isIP` takes in a zone; an interface with others goes by its number. */
export function isZone(text: string): boolean {
  return /^[0-9A-Za-z.:-]{1,64}$/.test(text);
}

const ZERO = 48;
const DOT = 46 - ZERO;

/**
 * The 32 bits of dotted-decimal text, null when it is anything else (`010.0.0.1`, `127.1`). Lists of
 * a million addresses come through here: it makes no strings.
 */
export function parseV4(text: string): number | null {
  if (text.length > 15) return null;
  let value = 0;
  let dots = 0;
  let octet = -1;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit === DOT) {
      if (octet === -1 || dots === 3) return null;
      value = value * 256 + octet;
      dots += 1;
      octet = -1;
    } else {
      if (digit < 0 || digit > 9 || octet === 0) return null;
      octet = octet === -1 ? digit : octet * 10 + digit;
      if (octet > 255) return null;
    }
  }
  return dots === 3 && octet !== -1 ? value * 256 + octet : null;
}

/** 0 to 255 without leading zeros: `010` is eight to some programs and ten to others. */
export function parseOctet(text: string): number | null {
  if (!/^(0|[1-9][0-9]{0,2})$/.test(text)) return null;
  const octet = Number(text);
  return octet <= 255 ? octet : null;
}

/** The 128 bits of RFC 4291 text without zone, null when it is anything else. */
export function parseV6(text: string): bigint | null {
  if (text.length < 2 || text.length > 45) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 1 ? [] : parseGroups(halves[1] ?? '', true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return join([...head, ...Array.from({ length: missing }, () => 0), ...tail]);
}

function join(groups: readonly number[]): bigint {
  return BigInt(`0x${groups.map((group) => group.toString(16).padStart(4, '0')).join('')}`);
}

/** Sixteen-bit groups of one side of `::`; the last may be an IPv4 address where `last` is set. */
function parseGroups(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const embedded = last && index === parts.length - 1 && part.includes('.');
    const v4 = embedded ? parseV4(part) : null;
    if (v4 !== null) groups.push(Math.floor(v4 / 65536), v4 % 65536);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** Canonical text: dotted decimal, or RFC 5952 with the zone. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return formatV4(address.value);
  const text = formatV6(address.value);
  return address.zone === undefined ? text : `${text}%${address.zone}`;
}

export function formatV4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export function formatV6(value: bigint): string {
  const digits = value.toString(16).padStart(32, '0');
  const groups: string[] = [];
  for (let at = 0; at < 32; at += 4) {
    groups.push(Number.parseInt(digits.slice(at, at + 4), 16).toString(16));
  }
  const [start, length] = longestZeroRun(groups);
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly string[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 0];
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === '0' ? length + 1 : 0;
    if (length > best[1]) best = [index - length + 1, length];
  }
  return best;
}

/** How many addresses a block holds; exact up to 2^53. */
export function sizeOf(block: Block): number {
  return block.family === 4 ? block.end - block.start : Number(block.end - block.start);
}

/** Canonical text of the address `index` places after the first of `block`. */
export function addressAt(block: Block, index: number): string {
  if (block.family === 4) return formatV4(block.start + index);
  const text = formatV6(block.start + BigInt(index));
  return block.zone === undefined ? text : `${text}%${block.zone}`;
}

/** The block that holds one address alone. */
export function blockOf(address: Address): Block {
  if (address.family === 4) return { family: 4, start: address.value, end: address.value + 1 };
  const span = { family: 6, start: address.value, end: address.value + 1n } as const;
  return address.zone === undefined ? span : { ...span, zone: address.zone };
}

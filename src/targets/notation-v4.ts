import type { V4Block } from './address.ts';
import { parseOctet, parseV4 } from './address.ts';
import { addressReason, partReason } from './host-name.ts';
import type { Refusal, Target } from './target.ts';
import { refuse } from './target.ts';

/** Most pieces one octet range may fall into; each costs two numbers of memory. */
const MAX_PIECES = 65_536;

const NO_OCTET = 'each of the four parts is a number, a range such as 1-50, or *';

type Octets = readonly (readonly [number, number])[];

/** Whether a text is made of nothing but what IPv4 notation is made of. */
export function looksLikeV4(text: string): boolean {
  return /^[0-9.*/-]+$/.test(text) && /[0-9*]/.test(text);
}

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.1.20`, `10.0.0-3.1-254`, `10.0.0.*`. */
export function parseV4Notation(text: string): Target | Refusal {
  const value = parseV4(text);
  if (value !== null) return { kind: 'address', text, blocks: [span(value, value)] };
  if (text.includes('/')) return parseCidr(text);
  const dash = text.indexOf('-');
  if (dash !== -1 && text.slice(dash + 1).includes('.') && fullEnds(text.slice(0, dash))) {
    return parseRange(text, text.slice(0, dash), text.slice(dash + 1));
  }
  return parseOctets(text);
}

function span(first: number, last: number): V4Block {
  return { family: 4, start: first, end: last + 1 };
}

/** `10.0.0.1` before the dash means two whole addresses, `10.0.0` means octet ranges. */
function fullEnds(first: string): boolean {
  return first.split('.').length === 4;
}

function parseCidr(text: string): Target | Refusal {
  const [base = '', length = '', ...more] = text.split('/');
  const value = parseV4(base);
  if (value === null) return refuse(addressReason(base.split('.')));
  if (more.length > 0 || !/^(0|[1-9][0-9]?)$/.test(length) || Number(length) > 32) {
    return refuse('the prefix length after "/" is a number from 0 to 32');
  }
  const size = 2 ** (32 - Number(length));
  const start = Math.floor(value / size) * size;
  return { kind: 'cidr', text, blocks: [span(start, start + size - 1)] };
}

function parseRange(text: string, from: string, to: string): Target | Refusal {
  const first = parseV4(from);
  const last = parseV4(to);
  if (first === null) return refuse(addressReason(from.split('.')));
  if (last === null) return refuse(addressReason(to.split('.')));
  if (last < first) return refuse('the range ends before it begins');
  return { kind: 'range', text, blocks: [span(first, last)] };
}

function parseOctets(text: string): Target | Refusal {
  const parts = text.split('.');
  if (parts.length !== 4) return refuse(addressReason(parts));
  const octets: (readonly [number, number])[] = [];
  for (const part of parts) {
    const octet = octetRange(part);
    if (octet === null) return refuse(partReason(part.split('-')) ?? NO_OCTET);
    if (octet[1] < octet[0]) return refuse(`the range ${part} ends before it begins`);
    octets.push(octet);
  }
  const pieces = countPieces(octets);
  if (pieces > MAX_PIECES) {
    return refuse(
      `it falls into ${pieces} separate pieces, more than ${MAX_PIECES}; write CIDR blocks`,
    );
  }
  return { kind: 'range', text, blocks: [...piecesOf(octets)] };
}

function octetRange(part: string): readonly [number, number] | null {
  if (part === '*') return [0, 255];
  const [from = '', to = from, ...more] = part.split('-');
  const low = parseOctet(from);
  const high = parseOctet(to);
  return low === null || high === null || more.length > 0 ? null : [low, high];
}

/** The place of the last octet that is not 0-255: it and what follows make one unbroken piece. */
function lastBroken(octets: Octets): number {
  const at = octets.findLastIndex(([low, high]) => low !== 0 || high !== 255);
  return Math.max(at, 0);
}

function countPieces(octets: Octets): number {
  return octets
    .slice(0, lastBroken(octets))
    .reduce((count, [low, high]) => count * (high - low + 1), 1);
}

function* piecesOf(octets: Octets): Generator<V4Block> {
  const at = lastBroken(octets);
  const [low, high] = octets[at] as readonly [number, number];
  const unit = 256 ** (3 - at);
  for (const prefix of prefixesOf(octets.slice(0, at))) {
    const base = prefix * 256 * unit;
    yield span(base + low * unit, base + (high + 1) * unit - 1);
  }
}

/** Every value of the leading octets, ascending. */
function* prefixesOf(octets: Octets): Generator<number> {
  const last = octets.at(-1);
  if (last === undefined) {
    yield 0;
    return;
  }
  for (const prefix of prefixesOf(octets.slice(0, -1))) {
    for (let octet = last[0]; octet <= last[1]; octet += 1) yield prefix * 256 + octet;
  }
}

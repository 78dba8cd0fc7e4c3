import { problem } from '../model/errors.ts';
import { KNOWN_PORTS } from '../model/known-ports.ts';
import { nearest } from '../model/near.ts';
import type { Transport } from '../model/port.ts';
import { shown } from './target.ts';

const FIRST = 1;
const LAST = 65_535;

/** Port numbers to look at, each list ascending and without repeats. */
export interface PortSelection {
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
}

type Range = readonly [number, number];
type Taken = Record<Transport, Uint8Array>;

/**
 * Reads a `-p` list: numbers, ranges (`8000-8100`, `-100`, `60000-`, `-` for all), service names of
 * the known ports, and the prefixes `T:` and `U:`, each in force until the next one. `transport` is
 * what holds before the first prefix. Throws PORT_SYNTAX.
 */
export function parsePorts(spec: string, transport: Transport = 'tcp'): PortSelection {
  const taken: Taken = { tcp: new Uint8Array(LAST + 1), udp: new Uint8Array(LAST + 1) };
  let current = transport;
  for (const piece of spec.split(',')) {
    const { prefix, text } = splitPrefix(piece.trim());
    current = prefix ?? current;
    for (const [first, last] of readPiece(text, current)) taken[current].fill(1, first, last + 1);
  }
  return { tcp: numbersIn(taken.tcp), udp: numbersIn(taken.udp) };
}

function splitPrefix(piece: string): { prefix: Transport | null; text: string } {
  const match = /^([TU]):(.*)$/is.exec(piece);
  if (match === null) return { prefix: null, text: piece };
  return { prefix: match[1]?.toUpperCase() === 'U' ? 'udp' : 'tcp', text: match[2]?.trim() ?? '' };
}

function readPiece(text: string, transport: Transport): readonly Range[] {
  if (text === '') throw refusal(text, 'there is nothing between two commas, before or after one');
  return /^[0-9-]+$/.test(text) ? [readRange(text)] : readName(text, transport);
}

function readRange(text: string): Range {
  const [from = '', to = from, ...more] = text.split('-');
  if (more.length > 0) throw refusal(text, 'a range is written with one "-"');
  const first = from === '' ? FIRST : readNumber(from, text);
  const last = to === '' ? LAST : readNumber(to, text);
  if (last < first) throw refusal(text, `the range ends before it begins; write ${last}-${first}`);
  return [first, last];
}

function readNumber(digits: string, text: string): number {
  const number = Number(digits);
  if (number >= FIRST && number <= LAST) return number;
  throw refusal(text, `ports are numbered ${FIRST} to ${LAST}`);
}

function readName(text: string, transport: Transport): readonly Range[] {
  const name = text.toLowerCase();
  const ports = KNOWN_PORTS.filter((known) => known.name === name);
  const ours = ports.filter((known) => known.transport === transport);
  if (ours.length > 0) return ours.map(({ port }) => [port, port]);
  if (ports.length > 0) throw refusal(text, otherTransport(name, transport));
  throw refusal(text, unknownName(name));
}

function otherTransport(name: string, transport: Transport): string {
  return transport === 'tcp'
    ? `${name} is a UDP service; write U:${name}`
    : `${name} is a TCP service; write T:${name}`;
}

function unknownName(name: string): string {
  const near = nearest(
    name,
    KNOWN_PORTS.map((known) => known.name),
  );
  const hint = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
  return `no known service has this name${hint}`;
}

function refusal(text: string, reason: string) {
  return problem('PORT_SYNTAX', { value: shown(text), problem: reason });
}

function numbersIn(taken: Uint8Array): number[] {
  const numbers: number[] = [];
  for (let port = FIRST; port <= LAST; port += 1) if (taken[port] === 1) numbers.push(port);
  return numbers;
}

/** The `count` ports met most often, ascending. Throws PORT_TOP when the list has fewer. */
export function topPorts(count: number, transport: Transport): number[] {
  const known = knownNumbers(transport);
  if (!Number.isInteger(count) || count < 1 || count > known.length) {
    throw problem('PORT_TOP', {
      value: count,
      transport: transport.toUpperCase(),
      most: known.length,
    });
  }
  return known.slice(0, count).sort((a, b) => a - b);
}

/** Every port of our list, ascending: what is scanned when the user names none. */
export function defaultPorts(transport: Transport): number[] {
  return knownNumbers(transport).sort((a, b) => a - b);
}

function knownNumbers(transport: Transport): number[] {
  const ours = KNOWN_PORTS.filter((known) => known.transport === transport);
  return [...new Set(ours.map(({ port }) => port))];
}

/**
 * Canonical text of port numbers in any order: ascending, runs of two or more as a range, no
 * spaces (`22,80-81,8000-8100`). `parsePorts` reads it back. Empty for no ports.
 */
export function formatPorts(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const port of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === port - 1) run[1] = port;
    else runs.push([port, port]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/** Canonical text of ports of both transports, as `parsePorts` reads it: `22,80,U:53`. */
export function formatSelection({ tcp, udp }: PortSelection): string {
  return joinSelection({ tcp: formatPorts(tcp), udp: formatPorts(udp) });
}

/** Puts the texts of both transports together; either may be empty. */
export function joinSelection({ tcp, udp }: Readonly<Record<Transport, string>>): string {
  return [tcp, udp === '' ? '' : `U:${udp}`].filter((text) => text !== '').join(',');
}

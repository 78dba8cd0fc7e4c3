import { KNOWN_PORTS } from '../model/known-ports.ts';
import { nearest } from '../model/near.ts';
import { readNetwork } from '../model/network.ts';
import type { Transport } from '../model/port.ts';

export const LABEL = 'label:';
const MAX_PORT = 65_535;
/** RFC 1035 §2.3.4. */
const MAX_NAME = 253;

export type Range = readonly [number, number];

/** Port ranges per transport that one word of a `ports` list stands for. */
export type PortRanges = readonly { readonly transport: Transport; readonly range: Range }[];

/** `; did you mean …?`, or nothing when no word is near. */
export function suggestion(given: string, words: Iterable<string>): string {
  const near = nearest(given, words);
  return near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
}

function splitPrefix(text: string): { transport: Transport | null; rest: string } {
  const prefix = text.slice(0, 2).toUpperCase();
  if (prefix !== 'T:' && prefix !== 'U:') return { transport: null, rest: text };
  return { transport: prefix === 'T:' ? 'tcp' : 'udp', rest: text.slice(2).trim() };
}

function readRange(text: string): Range | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= MAX_PORT ? [first, last] : null;
}

/** Entries of a name; without a transport all of them: dns is TCP and UDP. */
function named(name: string, transport: Transport | null): PortRanges {
  return KNOWN_PORTS.filter(
    (known) =>
      known.name === name.toLowerCase() && (transport ?? known.transport) === known.transport,
  ).map((known) => ({ transport: known.transport, range: [known.port, known.port] }));
}

/**
 * Reads a word of a `ports` list. `transport` holds for words without T: or U:; without it numbers
 * are TCP and names mean what they are. Empty when it cannot be read.
 */
export function readPorts(word: string | number, transport?: Transport): PortRanges {
  const { transport: own, rest } = splitPrefix(String(word).trim());
  const wanted = own ?? transport ?? null;
  const range = readRange(rest);
  if (range !== null) return [{ transport: wanted ?? 'tcp', range }];
  return named(rest, wanted);
}

/** What is wrong with a word of a `ports` list; null when nothing is. */
export function portProblem(text: string): string | null {
  if (readPorts(text).length > 0) return null;
  const { rest, transport } = splitPrefix(text.trim());
  if (/^[\d-]+$/.test(rest)) {
    return `"${text}" is not a port number (1 to ${MAX_PORT}) or a range such as 8000-8100`;
  }
  if (transport !== null && named(rest, null).length > 0) {
    return `"${rest}" is not a ${transport.toUpperCase()} service`;
  }
  const names = KNOWN_PORTS.map(({ name }) => name);
  return `"${text}" is not a port, a range or a service name${suggestion(rest.toLowerCase(), names)}`;
}

/** What is wrong with an entry of `from`; null when nothing is. */
export function fromProblem(text: string): string | null {
  if (readNetwork(text) !== null) return null;
  return `"${text}" is not an address, a CIDR block or a range`;
}

/** What is wrong with the name of a label; null when nothing is. */
export function labelProblem(text: string): string | null {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text)) return null;
  return `"${text}" cannot be a label: use up to 64 letters, digits, - and _`;
}

/** Name with `*`: parts of letters (of any script), digits, - and _, the last not a number alone. */
function isNamePattern(text: string): boolean {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  const parts = bare.split('.');
  if (bare.length > MAX_NAME || /^\d+$/.test(parts.at(-1) ?? '')) return false;
  return parts.every((part) => /^[\p{L}\p{M}\p{N}*_-]{1,63}$/u.test(part));
}

/** What is wrong with a host pattern; null when nothing is. Whether a label exists is not asked. */
export function hostProblem(text: string): string | null {
  if (text.startsWith(LABEL)) return labelProblem(text.slice(LABEL.length));
  if (readNetwork(text) !== null || isNamePattern(text)) return null;
  return `"${text}" is not an address, a CIDR block, a range, a name (with *) or label:NAME`;
}

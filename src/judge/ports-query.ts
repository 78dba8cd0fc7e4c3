import { KNOWN_PORTS, type KnownPort } from '../model/known-ports.ts';
import type { Transport } from '../model/port.ts';

/** Longer questions are cut; nobody types them. */
const MAX_QUERY = 200;

interface Question {
  /** All of them must fit. */
  readonly words: readonly string[];
  /** Ports and ranges; one of them must fit. */
  readonly numbers: readonly string[];
  readonly transport: Transport | null;
}

/** A port or a range of them. */
const NUMBERS = /^\d+(?:-\d+)?$/;
const TRANSPORT_WORDS: Readonly<Record<string, Transport>> = { tcp: 'tcp', udp: 'udp' };

/** `6379/tcp`, `tcp/6379` and `U:53` are the forms in which scanners and firewalls write ports. */
function readQuestion(query: string): Question {
  const text = query.slice(0, MAX_QUERY).toLowerCase();
  const spelled = text.replace(/\bt:/g, 'tcp ').replace(/\bu:/g, 'udp ');
  const words = spelled.split(/[\s,/]+/).filter((word) => word !== '');
  const transport = words.flatMap((word) => transportOf(word) ?? [])[0] ?? null;
  return {
    words: words.filter((word) => transportOf(word) === null && !NUMBERS.test(word)),
    numbers: words.filter((word) => NUMBERS.test(word)),
    transport,
  };
}

function transportOf(word: string): Transport | null {
  return Object.hasOwn(TRANSPORT_WORDS, word) ? (TRANSPORT_WORDS[word] ?? null) : null;
}

function holds(numbers: string, port: number): boolean {
  const [first, last = first] = numbers.split('-').map(Number);
  return port >= Number(first) && port <= Number(last);
}

/** How well one word fits one entry; 0 is not at all. */
function fit(word: string, entry: KnownPort): number {
  if (entry.name === word) return 90;
  if (entry.group === word) return 80;
  if (entry.name.startsWith(word)) return 70;
  if (startsWord(entry.title, word)) return 60;
  if (entry.group.includes(word)) return 50;
  if (startsWord(entry.uses, word)) return 40;
  return startsWord(entry.risk, word) ? 20 : 0;
}

/** Whether some word of a sentence begins with `word`. */
function startsWord(sentence: string, word: string): boolean {
  return sentence
    .toLowerCase()
    .split(/[^a-z0-9.+]+/)
    .some((part) => part.startsWith(word));
}

/** The worst of the words. A number means a port and nothing else. */
function score({ words, numbers, transport }: Question, entry: KnownPort): number {
  if (transport !== null && entry.transport !== transport) return 0;
  if (numbers.length > 0 && !numbers.some((text) => holds(text, entry.port))) return 0;
  return Math.min(...words.map((word) => fit(word, entry)), 100);
}

/**
 * Known ports that a question is about, best first: numbers, ranges, a name, a group or free
 * text; `/udp` or `U:` limits the transport. All of them for an empty question, none when nothing
 * fits.
 */
export function explainPort(query: string): readonly KnownPort[] {
  const question = readQuestion(query);
  return KNOWN_PORTS.map((entry) => ({ entry, fitting: score(question, entry) }))
    .filter(({ fitting }) => fitting > 0)
    .sort((a, b) => b.fitting - a.fitting)
    .map(({ entry }) => entry);
}

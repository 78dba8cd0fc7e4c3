import { KNOWN_PORTS, type KnownPort } from '../model/known-ports.ts';
import type { Transport } from '../model/port.ts';

/** Longer questions are cut; nobody types them. */
const MAX_QUERY = 200;

interface Question {
  readonly words: readonly string[];
  readonly transport: Transport | null;
}

const TRANSPORT_WORDS: Readonly<Record<string, Transport>> = { tcp: 'tcp', udp: 'udp' };

/** `6379/tcp`, `tcp/6379` and `U:53` are the forms in which scanners and firewalls write ports. */
function readQuestion(query: string): Question {
  const text = query.slice(0, MAX_QUERY).toLowerCase();
  const spelled = text.replace(/\bt:/g, 'tcp ').replace(/\bu:/g, 'udp ');
  const words = spelled.split(/[\s,/]+/).filter((word) => word !== '');
  const transport = words.flatMap((word) => transportOf(word) ?? [])[0] ?? null;
  return { words: words.filter((word) => transportOf(word) === null), transport };
}

function transportOf(word: string): Transport | null {
  return Object.hasOwn(TRANSPORT_WORDS, word) ? (TRANSPORT_WORDS[word] ?? null) : null;
}

function inRange(word: string, port: number): boolean {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(word);
  return match !== null && port >= Number(match[1]) && port <= Number(match[2]);
}

/** How well one word fits one entry; 0 is not at all. A number means a port and nothing else. */
function fit(word: string, entry: KnownPort): number {
  if (/^\d+$/.test(word)) return Number(word) === entry.port ? 100 : 0;
  if (/^\d+-\d+$/.test(word)) return inRange(word, entry.port) ? 100 : 0;
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

/** The worst of the words: every one must fit. */
function score({ words, transport }: Question, entry: KnownPort): number {
  if (transport !== null && entry.transport !== transport) return 0;
  return Math.min(...words.map((word) => fit(word, entry)), 100);
}

/**
 * Known ports that a question is about, best first: a number, a range, a name, a group or free
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

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*';

/** What changes from one answer to the next and says nothing of who answers. */
const CHANGING: readonly RegExp[] = [
  // RFC 9110 §5.6.7 in its three forms
  new RegExp(`${DAY}, \\d\\d[ -]${MONTH}[ -]\\d{2,4}`, 'g'),
  new RegExp(`${DAY} ${MONTH} {1,2}\\d{1,2}(?: \\d\\d:\\d\\d:\\d\\d \\d{4})?`, 'g'),
  /\d{4}-\d\d-\d\d/g,
  /\d\d:\d\d:\d\d(?:\.\d+)?/g,
  // seconds or milliseconds since 1970, and what else counts up in so many digits
  /\b1\d{9,12}\b/g,
  // follows from all of these, the length of a port number among them (RFC 9110 §8.6)
  /(?<=^Content-Length: *)\d+/gim,
  // UUIDs (RFC 9562 §4), then letters and digits mixed, sixteen or more: tokens, nonces, session names
  /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi,
  /\b(?=[a-zA-Z]*\d)(?=\d*[a-zA-Z])[a-zA-Z\d]{16,}\b/g,
];

/** Stands in a template where the number of the own port stood; Latin-1 has no such character. */
const OWN_PORT = '\ue000';

/**
 * The peer's words without what differs between two answers of one and the same: dates, times and
 * random tokens. Bytes become characters of the same number (Latin-1).
 */
export function withoutChanges(said: Uint8Array): string {
  const text = Buffer.from(said.buffer, said.byteOffset, said.byteLength).toString('latin1');
  return CHANGING.reduce((left, pattern) => left.replace(pattern, '*'), text);
}

/**
 * The same with the port's own number marked. Only for numbers so high that they mean nothing else:
 * port 1 would be found in `HTTP/1.1`.
 */
export function withPortMarked(said: Uint8Array, port: number): string {
  return withoutChanges(said).replace(new RegExp(`(?<!\\d)${port}(?!\\d)`, 'g'), OWN_PORT);
}

/** Parts of an answer, some of which are the same in every answer; null where it is not. */
export interface Template {
  readonly parts: readonly (string | null)[];
  /** How texts are taken apart: into characters where all are of one length, else into words. */
  readonly by: 'character' | 'word';
}

/** Less than this share the same is no likeness. */
const LEAST_FIXED = 0.5;

function partsOf(text: string, by: Template['by']): readonly string[] {
  return by === 'character' ? text.split('') : text.split(/(?<=\W)|(?=\W)/);
}

function fixedShare(parts: Template['parts']): number {
  const all = parts.reduce((sum, part) => sum + (part?.length ?? 1), 0);
  const fixed = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
  return all === 0 ? 0 : fixed / all;
}

/** What several answers have in common, place by place; null when they are too unlike. */
export function templateOf(texts: readonly string[]): Template | null {
  const [first = ''] = texts;
  const equallyLong = texts.every((text) => text.length === first.length);
  for (const by of equallyLong ? (['character', 'word'] as const) : (['word'] as const)) {
    const split = texts.map((text) => partsOf(text, by));
    const length = split[0]?.length ?? 0;
    if (!split.every((parts) => parts.length === length)) continue;
    const parts = (split[0] ?? []).map((part, at) =>
      split.every((other) => other[at] === part) ? part : null,
    );
    if (fixedShare(parts) >= LEAST_FIXED) return { parts, by };
  }
  return null;
}

/**
 * Whether the words of `port` are of the kind that the template was made from: the same but for what
 * differed there, and with its own number where the others had theirs. Reads the text once.
 */
export function fits(text: string, port: number, template: Template): boolean {
  let at = 0;
  for (const part of template.parts) {
    if (part === null) at = template.by === 'character' ? at + 1 : wordEnd(text, at);
    else {
      const expected = part === OWN_PORT ? `${port}` : part;
      if (!text.startsWith(expected, at)) return false;
      at += expected.length;
    }
  }
  return at === text.length;
}

const IN_WORD = /\w/;

/** Behind the word, or the one character between words, that begins at `from`. */
function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && IN_WORD.test(text.charAt(at))) at += 1;
  return Math.max(at, from + 1);
}

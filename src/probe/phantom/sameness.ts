const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*';

/** What changes from one answer to the next and says nothing of who answers. */
const CHANGING: readonly RegExp[] = [
  // RFC 9110 §5.6.7 in its three forms
  new RegExp(`${DAY}, \\d\\d[ -]${MONTH}[ -]\\d{2,4}`, 'g'),
  new RegExp(`${DAY} ${MONTH} {1,2}\\d{1,2}`, 'g'),
  /\d{4}-\d\d-\d\d/g,
  /\d\d:\d\d:\d\d(?:\.\d+)?/g,
  // seconds or milliseconds since 1970, and what else counts up in so many digits
  /\b1\d{9,12}\b/g,
  // UUIDs (RFC 9562 §4), then letters and digits mixed, sixteen or more: tokens, nonces, session names
  /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi,
  /\b(?=[a-zA-Z]*\d)(?=\d*[a-zA-Z])[a-zA-Z\d]{16,}\b/g,
];

/**
 * The peer's words without what differs between two answers of one and the same: the number of its
 * port, dates, times and random tokens. Bytes become characters of the same number (Latin-1).
 */
export function withoutChanges(said: Uint8Array, port: number): string {
  const text = Buffer.from(said.buffer, said.byteOffset, said.byteLength).toString('latin1');
  const own = text.replace(new RegExp(`(?<!\\d)${port}(?!\\d)`, 'g'), '#');
  return CHANGING.reduce((left, pattern) => left.replace(pattern, '*'), own);
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
  return by === 'character' ? [...text] : text.split(/(?<=\W)|(?=\W)/);
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

/** Whether a text is one of those that the template was made from, or another of their kind. */
export function fits(text: string, template: Template): boolean {
  const parts = partsOf(text, template.by);
  if (parts.length !== template.parts.length) return false;
  return template.parts.every((part, at) => part === null || part === parts[at]);
}

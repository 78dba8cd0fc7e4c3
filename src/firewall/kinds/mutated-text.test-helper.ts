import fc from 'fast-check';

interface Mutation {
  readonly kind: 'cut' | 'drop' | 'repeat' | 'insert' | 'word' | 'line' | 'flood';
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

/** What rule languages are made of, at wrong places. */
const SIGNS = [
  ...['"', "'", '{', '}', '(', ')', '[', ']', '<', '>', '\n', '!', '/', '\\', '$x', '0', ',', ':'],
  ...['-', '#', '=', '@', '.', '|', '&', ';', '*', '%%', '\t', '\r', '\u0000', '\u2028', '\ud800'],
  ...['@(', '<#', '<!--', '<!---->', '<![CDATA[', '&amp;', '<!ENTITY a "b">', '&#x0;'],
  ...['/33', '/0', '/-1', '99999', '-1', '1e99', '0x', '::', '255.255.255.0', '10.0.0.0/8'],
  ...['any', 'quick', 'host', ' eq ', 'null', 'true', '__proto__', 'constructor'],
];
/** Longest run of one sign or word in a row. */
const FLOOD = 3000;
/** Longer than every text. */
const FAR = 100_000;

/** What stands in quotes, what stands between tags, and what else is apart; no names of tags. */
const WORD = /"[^"\n]*"|(?<=>)[^<>\n]+(?=<)|(?<![<\w.:/-])[\w.:/-]+/g;
const CLASSES = [/^"\d/, /^"/, /^\d/, /^[\w-]+$/];

/** The words that texts are made of, each once. */
export function wordsOf(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.flatMap((text) => text.match(WORD) ?? []))];
}

/** What may happen to a text on its way, or be meant badly. */
export function mutations(words: readonly string[]): fc.Arbitrary<readonly Mutation[]> {
  const word = fc.constantFrom(...words);
  const any = fc.oneof(word, fc.constantFrom(...SIGNS), fc.string({ maxLength: 10 }));
  const harsh = fc.constantFrom<Mutation['kind']>('cut', 'drop', 'repeat', 'insert', 'word');
  const gentle = fc.constantFrom<Mutation['kind']>('word', 'word', 'line');
  return fc.oneof(
    { weight: 50, arbitrary: several(gentle, word, 3) },
    { weight: 50, arbitrary: several(harsh, any, 4) },
    { weight: 1, arbitrary: several(fc.constant('flood'), any, 1) },
  );
}

function several(
  kind: fc.Arbitrary<Mutation['kind']>,
  text: fc.Arbitrary<string>,
  maxLength: number,
): fc.Arbitrary<readonly Mutation[]> {
  const mutation = fc.record({ kind, at: fc.nat({ max: FAR }), length: fc.nat({ max: 60 }), text });
  return fc.array(mutation, { minLength: 1, maxLength });
}

/** Words of a language and signs in no order. */
export function gibberish(words: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...SIGNS, ' ', '\n'));
  return fc
    .tuple(fc.array(piece, { maxLength: 40 }), fc.constantFrom('', ' ', '\n'))
    .map(([pieces, gap]) => pieces.join(gap));
}

export function mutate(text: string, changes: readonly Mutation[]): string {
  return changes.reduce(changed, text);
}

function changed(now: string, { kind, at: place, length, text }: Mutation): string {
  const at = place % (now.length + 1);
  const end = at + length;
  switch (kind) {
    case 'cut':
      return now.slice(0, at);
    case 'drop':
      return now.slice(0, at) + now.slice(end);
    case 'repeat':
      return now.slice(0, end) + now.slice(at);
    case 'insert':
      return now.slice(0, at) + text + now.slice(at);
    case 'flood':
      return now.slice(0, at) + text.repeat(Math.ceil((FLOOD * length) / 60)) + now.slice(at);
    case 'line':
      return changeLine(now, at, length);
    default:
      return replaceWord(now, at, text);
  }
}

/** A whole line is left out, or doubled. */
function changeLine(now: string, at: number, length: number): string {
  const start = now.lastIndexOf('\n', at) + 1;
  const next = now.indexOf('\n', at);
  const end = next === -1 ? now.length : next + 1;
  return (
    now.slice(0, start) +
    (length % 2 === 0 ? now.slice(end) : now.slice(start, end) + now.slice(start))
  );
}

/** The next word of its class from a place on, or the last of its line, gives way to another. */
function replaceWord(now: string, at: number, text: string): string {
  const start = now.lastIndexOf('\n', at - 1) + 1;
  const end = now.indexOf('\n', at);
  const line = now.slice(start, end === -1 ? now.length : end);
  const own = classOf(text);
  const words = [...line.matchAll(WORD)].filter(([word]) => classOf(word) === own);
  const found = words.find(({ index }) => start + index >= at) ?? words.at(-1);
  if (found === undefined) return now;
  const place = start + found.index;
  return now.slice(0, place) + text + now.slice(place + found[0].length);
}

function classOf(word: string): number {
  return CLASSES.findIndex((form) => form.test(word));
}

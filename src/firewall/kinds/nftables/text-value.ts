import { addressValue } from '../../address-value.ts';
import { prefixOfMask } from '../../masks.ts';
import { type Json, listed, only } from './json.ts';
import { NotUnderstood, type Reader } from './reader.ts';

const VERDICTS = new Set(['accept', 'drop', 'continue', 'return']);

/** A set or map in braces, as libnftables has it: `{"set": [22, [80, {"accept": null}]]}`. */
export function readSet(reader: Reader): Json {
  return { set: readElements(reader) };
}

/** `{ 22, 80-90 comment "web", $OTHERS }`, with what each maps to. */
export function readElements(reader: Reader): Json[] {
  reader.expect('{');
  const elements: Json[] = [];
  reader.nested(() => {
    for (;;) {
      reader.skipEnds();
      if (reader.accept('}')) return;
      elements.push(...readElement(reader));
      reader.skipEnds();
      if (!reader.accept(',') && !reader.sees('}')) throw reader.broken('"," or "}" was expected');
    }
  });
  return elements;
}

/** Several when it names a variable that holds several. */
function readElement(reader: Reader): readonly Json[] {
  const value = reader.sees('{') ? readSet(reader) : readTuple(reader, true);
  const before = readOptions(reader);
  reader.splitColon();
  if (!reader.accept(':')) return spread(value).map((each) => withOptions(each, before));
  reader.skipEnds();
  const data = readData(reader);
  const after = readOptions(reader);
  return spread(value).map((each) => [withOptions(each, { ...before, ...after }), data]);
}

function spread(value: Json): readonly Json[] {
  const [kind, elements] = only(value) ?? [];
  return kind === 'set' ? listed(elements) : [value];
}

type Options = { readonly [key: string]: Json };

function withOptions(value: Json, options: Options): Json {
  return Object.keys(options).length === 0 ? value : { elem: { val: value, ...options } };
}

/** Comment, timeout and counter are of no weight; anything else decides and is named. */
function readOptions(reader: Reader): Options {
  let options: Options = {};
  while (!reader.sees(',', '}', ':') && reader.peek().kind === 'word') {
    const option = reader.peek().text;
    if (option.startsWith(':')) break;
    reader.next();
    if (option === 'comment') options = { ...options, comment: reader.name() };
    else if (option === 'timeout' || option === 'expires')
      options = { ...options, [option]: reader.name() };
    else if (option === 'counter') readCounter(reader);
    else if (option === 'last') skipWords(reader);
    else {
      skipWords(reader);
      options = { ...options, [option]: true };
    }
  }
  return options;
}

function skipWords(reader: Reader): void {
  while (!reader.sees(',', '}', ':') && reader.peek().kind === 'word') reader.next();
}

export function readCounter(reader: Reader): void {
  while (reader.accept('packets', 'bytes')) reader.name();
}

function readData(reader: Reader): Json {
  return readVerdict(reader) ?? readTuple(reader, false);
}

/** Undefined when no verdict stands here. */
export function readVerdict(reader: Reader): Json | undefined {
  const { kind, text } = reader.peek();
  if (kind !== 'word') return undefined;
  if (VERDICTS.has(text)) {
    reader.next();
    return { [text]: null };
  }
  if (text !== 'jump' && text !== 'goto') return undefined;
  reader.next();
  return { [text]: { target: reader.name() } };
}

/** One value, or several joined by dots. */
export function readTuple(reader: Reader, ofElement = false): Json {
  const values = [readAlternatives(reader, ofElement)];
  while (reader.accept('.')) {
    reader.skipEnds();
    values.push(readAlternatives(reader, ofElement));
  }
  return values.length === 1 ? (values[0] ?? null) : { concat: values };
}

/** `syn | ack`. */
function readAlternatives(reader: Reader, ofElement: boolean): Json {
  const values = [readRange(reader, ofElement)];
  while (reader.accept('|', 'or')) values.push(readRange(reader, ofElement));
  return values.length === 1 ? (values[0] ?? null) : { '|': values };
}

function readRange(reader: Reader, ofElement: boolean): Json {
  const first = readOne(reader, ofElement);
  if (!reader.accept('-')) return first;
  return { range: [first, readOne(reader, ofElement)] };
}

/** A single value; of an element it may have the colon of a map at its end. */
export function readOne(reader: Reader, ofElement: boolean): Json {
  if (reader.accept('(')) {
    const inner = reader.nested(() => readTuple(reader, ofElement));
    reader.expect(')');
    return inner;
  }
  if (ofElement) reader.splitColon();
  const { kind, text } = reader.peek();
  if (kind === 'string') {
    reader.next();
    return text;
  }
  if (kind !== 'word') throw reader.broken('a value was expected');
  reader.next();
  return valueOfWord(text, reader);
}

/** `10.0.0.0/8`, `22-25`, `0x10`, `$NET`, `established` as libnftables has them. */
export function valueOfWord(word: string, reader: Reader): Json {
  if (word.startsWith('$') && !word.includes('-')) return variable(word.slice(1), reader);
  if (word === 'exists') return true;
  if (word === 'missing') return false;
  return numberOfWord(word) ?? prefixOfWord(word) ?? rangeOfWord(word, reader) ?? unbracketed(word);
}

function unbracketed(word: string): string {
  return /^\[[\da-f:.]+\]$/i.test(word) ? word.slice(1, -1) : word;
}

function variable(name: string, reader: Reader): Json {
  const value = reader.variables.get(name);
  if (value === undefined) {
    reader.at -= 1;
    throw reader.broken(`$${name} was never defined`);
  }
  return value;
}

function numberOfWord(word: string): number | undefined {
  return /^(?:\d{1,15}|0x[\da-f]{1,12})$/i.test(word) ? Number(word) : undefined;
}

function isAddress(text: string): boolean {
  return addressValue(text, 4) !== null || addressValue(text, 6) !== null;
}

/** The mask of IPv4 may be written out. */
function prefixOfWord(word: string): Json | undefined {
  const [addr = '', mask, ...more] = word.split('/');
  if (mask === undefined || more.length > 0 || !isAddress(addr)) return undefined;
  const len = /^\d{1,3}$/.test(mask) ? Number(mask) : prefixOfMask(mask);
  return len === null ? undefined : { prefix: { addr, len } };
}

/** A dash is in many names (`echo-request`, `br-lan`): a range has numbers, addresses or variables. */
function rangeOfWord(word: string, reader: Reader): Json | undefined {
  const [first = '', last, ...more] = word.split('-');
  if (last === undefined || more.length > 0) return undefined;
  const ends = [first, last].map((end) => endOfRange(end, reader));
  const [from, to] = ends;
  return from === undefined || to === undefined ? undefined : { range: [from, to] };
}

function endOfRange(text: string, reader: Reader): Json | undefined {
  if (text.startsWith('$')) return variable(text.slice(1), reader);
  return numberOfWord(text) ?? (isAddress(text) ? text : undefined);
}

/** `@name`, a set in braces, or a variable that holds one. */
export function readReference(reader: Reader): Json {
  if (reader.sees('{')) return readSet(reader);
  const { kind, text } = reader.peek();
  if (kind !== 'word') throw reader.broken('a set was expected');
  const value = text.startsWith('@')
    ? text
    : text.startsWith('$')
      ? valueOfWord(text, reader)
      : undefined;
  if (value === undefined) throw new NotUnderstood();
  reader.next();
  return value;
}

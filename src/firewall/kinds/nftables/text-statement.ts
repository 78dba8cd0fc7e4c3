import { PosternError } from '../../../model/errors.ts';
import { ownValue } from '../../../model/own-value.ts';
import { isObject, type Json, only, textAt } from './json.ts';
import { NotUnderstood, type Reader } from './reader.ts';
import { beginsKey, readKey, readMapped } from './text-key.ts';
import { readCounter, readReference, readTuple, readVerdict, valueOfWord } from './text-value.ts';

/** A rule up to the end of its line, as libnftables has it. */
export interface RuleText {
  readonly expr: readonly Json[];
  readonly comment?: string;
}

/** What is not understood stands in the rule as `{"opaque": text}`. */
export function readRule(reader: Reader): RuleText {
  const expr: Json[] = [];
  let comment: string | undefined;
  while (!reader.atEnd()) {
    if (reader.accept('comment')) comment = reader.name();
    else expr.push(...understood(reader));
  }
  return { expr, ...(comment === undefined ? {} : { comment }) };
}

function understood(reader: Reader): readonly Json[] {
  const before = reader.at;
  try {
    return [readStatement(reader)];
  } catch (thrown) {
    // A statement of a newer nft may be written as nothing here is: only the end of the text is an error.
    if (!(thrown instanceof NotUnderstood) && !(thrown instanceof PosternError)) throw thrown;
    reader.at = before;
    return [{ opaque: reader.rest() }];
  }
}

function readStatement(reader: Reader): Json {
  const verdict = readVerdict(reader);
  if (verdict !== undefined) return verdict;
  const { kind, text } = reader.peek();
  if (kind !== 'word') throw new NotUnderstood();
  if (text === 'ct' && reader.peek(1).text === 'count') return readConnectionCount(reader);
  const read = ownValue(STATEMENTS, text);
  if (read !== undefined) {
    reader.next();
    return read(reader, text);
  }
  if (!beginsKey(text)) throw new NotUnderstood();
  return readTest(reader);
}

const STATEMENTS: Readonly<Record<string, (reader: Reader, word: string) => Json>> = {
  counter: readCounterStatement,
  log: readLog,
  limit: readLimit,
  quota: readQuota,
  reject: readReject,
  notrack: () => ({ notrack: null }),
  last: (reader) => {
    if (reader.accept('used')) reader.name();
    return { last: null };
  },
  dnat: readTranslation,
  snat: readTranslation,
  masquerade: readTranslation,
  redirect: readTranslation,
  add: readSetUpdate,
  update: readSetUpdate,
  delete: readSetUpdate,
  meter: readMeter,
  flow: (reader) => {
    if (!reader.accept('add', 'offload')) throw new NotUnderstood();
    return { flow: { op: 'add', flowtable: reader.name() } };
  },
  xt: (reader) => ({ xt: { type: reader.name(), name: reader.name() } }),
};

function readCounterStatement(reader: Reader): Json {
  if (reader.accept('name')) return { counter: reader.name() };
  readCounter(reader);
  return { counter: null };
}

function readLog(reader: Reader): Json {
  let prefix: string | undefined;
  for (;;) {
    if (reader.accept('prefix')) prefix = reader.name();
    else if (reader.accept('level', 'group', 'snaplen', 'queue-threshold')) reader.name();
    else if (reader.accept('flags')) readLogFlags(reader);
    else return { log: prefix === undefined ? null : { prefix } };
  }
}

function readLogFlags(reader: Reader): void {
  if (reader.accept('tcp', 'ip')) {
    do reader.name();
    while (reader.accept(','));
    return;
  }
  reader.name();
}

/** `limit rate over 10 mbytes/second burst 5 packets`; also in a `limit` object. */
export function readLimit(reader: Reader): Json {
  if (reader.accept('name')) return { limit: reader.name() };
  reader.expect('rate');
  const inv = reader.accept('over') ? { inv: true } : {};
  reader.accept('until');
  const first = reader.name();
  const unit = first.includes('/') ? undefined : reader.name();
  const [rate = '', per = 'second'] = (
    unit === undefined ? first : `${first}/${unit.split('/')[1] ?? 'second'}`
  ).split('/');
  if (!/^\d+$/.test(rate)) throw new NotUnderstood();
  if (reader.accept('burst')) {
    reader.name();
    reader.accept('packets', 'bytes', 'kbytes', 'mbytes');
  }
  const sized = unit === undefined ? {} : { rate_unit: unit.split('/')[0] ?? 'bytes' };
  return { limit: { rate: Number(rate), per, ...sized, ...inv } };
}

/** `quota over 25 mbytes used 3 bytes`; also in a `quota` object. */
export function readQuota(reader: Reader): Json {
  if (reader.accept('name')) return { quota: reader.name() };
  const inv = reader.accept('over') ? { inv: true } : {};
  reader.accept('until');
  const val = Number(reader.name());
  const val_unit = reader.name();
  if (reader.accept('used')) {
    reader.name();
    reader.name();
  }
  if (!Number.isInteger(val)) throw new NotUnderstood();
  return { quota: { val, val_unit, ...inv } };
}

function readConnectionCount(reader: Reader): Json {
  reader.next();
  reader.next();
  const inv = reader.accept('over') ? { inv: true } : {};
  const val = Number(reader.name());
  if (!Number.isInteger(val)) throw new NotUnderstood();
  return { 'ct count': { val, ...inv } };
}

/** `reject with icmpx admin-prohibited`; older versions write `icmp type host-unreachable`. */
function readReject(reader: Reader): Json {
  if (!reader.accept('with')) return { reject: null };
  const type = reader.name();
  if (type === 'tcp') {
    reader.expect('reset');
    return { reject: { type: 'tcp reset' } };
  }
  reader.accept('type');
  return { reject: { type, expr: reader.name() } };
}

function readTranslation(reader: Reader, kind: string): Json {
  const family = reader.sees('ip', 'ip6') ? { family: reader.next().text } : {};
  if (reader.accept('interval')) reader.accept('.');
  const prefixed = reader.accept('prefix');
  if (reader.accept('addr')) {
    reader.expect('.');
    reader.expect('port');
  }
  const target = reader.accept('to') ? readTarget(reader) : {};
  const flags = readTranslationFlags(reader);
  const value = {
    ...family,
    ...target,
    ...(flags.length > 0 ? { flags } : {}),
    ...(prefixed ? { type_flags: 'prefix' } : {}),
  };
  return { [kind]: Object.keys(value).length === 0 ? null : value };
}

const TRANSLATION_FLAGS = new Set(['random', 'fully-random', 'persistent']);

/** They choose among several targets, which are all kept. */
function readTranslationFlags(reader: Reader): readonly string[] {
  const flags: string[] = [];
  while (TRANSLATION_FLAGS.has(reader.peek().text) || (flags.length > 0 && reader.sees(','))) {
    if (!reader.accept(',')) flags.push(reader.name());
  }
  return flags;
}

interface Target {
  readonly addr?: Json;
  readonly port?: Json;
}

/** `10.0.0.1:80-90`, `[2001:db8::1]:80`, `:8080`, `tcp dport map { … }`. */
function readTarget(reader: Reader): Target {
  const { kind, text } = reader.peek();
  if (kind !== 'word') throw new NotUnderstood();
  if (text.startsWith(':')) return { port: readPort(reader) };
  if (beginsKey(text)) return { addr: readMapped(reader) };
  reader.next();
  const [, address = '', port] = SPLIT_TARGET.exec(text) ?? [];
  const addr = tupled(valueOfWord(address, reader), reader);
  if (port !== undefined) return { addr, port: valueOfWord(port, reader) };
  return reader.peek().text.startsWith(':') ? { addr, port: readPort(reader) } : { addr };
}

/** An address of IPv6 has a port only behind brackets. */
const SPLIT_TARGET = /^(\[[^\]]*\](?:-\[[^\]]*\])?|[^:]*|.*:.*:.*?)(?::([\w$-]+))?$/;

function tupled(first: Json, reader: Reader): Json {
  if (!reader.accept('.')) return first;
  return { concat: [first, readTuple(reader)] };
}

function readPort(reader: Reader): Json {
  const { text } = reader.next();
  const word = text.slice(1);
  if (word === '') {
    const next = reader.peek();
    if (next.kind === 'word' && beginsKey(next.text)) return readMapped(reader);
    return readTuple(reader);
  }
  if (!beginsKey(word)) return valueOfWord(word, reader);
  // `:tcp dport map …`: the key's first word hangs at the colon.
  const field = reader.name();
  const key = word === 'meta' ? { meta: { key: field } } : { payload: { protocol: word, field } };
  if (!reader.accept('map')) throw new NotUnderstood();
  return { map: { key, data: readReference(reader) } };
}

/** `update @s { ip saddr timeout 10s limit rate over 3/minute }`. */
function readSetUpdate(reader: Reader, op: string): Json {
  const set = reader.name();
  if (!set.startsWith('@')) throw new NotUnderstood();
  const { elem, stmt, isMap } = readUpdateBody(reader);
  return { [isMap ? 'map' : 'set']: { op, [isMap ? 'map' : 'set']: set, elem, stmt } };
}

function readMeter(reader: Reader): Json {
  const name = reader.name();
  if (reader.accept('size')) reader.name();
  const { elem, stmt } = readUpdateBody(reader);
  return { meter: { name, key: elem, stmt } };
}

function readUpdateBody(reader: Reader): {
  readonly elem: Json;
  readonly stmt: readonly Json[];
  readonly isMap: boolean;
} {
  reader.expect('{');
  const elem = readKey(reader);
  const stmt: Json[] = [];
  let isMap = false;
  while (!reader.accept('}')) {
    if (reader.accept('timeout', 'expires', 'comment')) reader.name();
    else if (reader.accept(':')) {
      isMap = true;
      if (readVerdict(reader) === undefined) readKey(reader);
    } else stmt.push(reader.nested(() => readStatement(reader)));
  }
  return { elem, stmt, isMap };
}

const OPERATORS: Readonly<Record<string, string>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  '!': '!',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
};

/** A match, a verdict map or a `set` of something. */
function readTest(reader: Reader): Json {
  const left = readKey(reader);
  if (reader.accept('vmap')) return { vmap: { key: left, data: readReference(reader) } };
  if (reader.accept('set')) return readChange(reader, left);
  const { kind, text } = reader.peek();
  const known = kind === 'string' || !Object.hasOwn(OPERATORS, text) ? undefined : OPERATORS[text];
  if (known !== undefined) reader.next();
  const right = readRight(reader);
  if (reader.accept('/')) {
    return { match: { op: known ?? '==', left: { '&': [left, readRight(reader)] }, right } };
  }
  return { match: { op: known ?? implied(left, right), left, right } };
}

/** Of states and flags one of the bits is enough. */
function implied(left: Json, right: Json): string {
  const [kind, value] = only(left) ?? [];
  if (!isObject(value) || (typeof right === 'string' && right.startsWith('@'))) return '==';
  if (isObject(right) && 'set' in right) return '==';
  if (kind === 'ct')
    return BIT_KEYS.has(textAt(value, 'key') ?? '') && value['dir'] === undefined ? 'in' : '==';
  return kind === 'payload' && value['field'] === 'flags' && value['protocol'] === 'tcp'
    ? 'in'
    : '==';
}

const BIT_KEYS = new Set(['state', 'status', 'label']);

/** Flags are a list; a value of several bits too. */
function readRight(reader: Reader): Json {
  if (reader.sees('{') || (reader.peek().kind === 'word' && reader.peek().text.startsWith('@'))) {
    return readReference(reader);
  }
  const values = [readTuple(reader)];
  while (reader.accept(',')) values.push(readTuple(reader));
  const flat = values.flatMap((value) => bitsOf(value));
  return flat.length === 1 ? (flat[0] ?? null) : flat;
}

function bitsOf(value: Json): readonly Json[] {
  return isObject(value) && Array.isArray(value['|']) ? (value['|'] as readonly Json[]) : [value];
}

function readChange(reader: Reader, key: Json): Json {
  const [kind, inner] = only(key) ?? [];
  if (kind === 'ct' && isObject(inner)) {
    const of = textAt(inner, 'key');
    if (of === 'helper' || of === 'timeout' || of === 'expectation') {
      return { [`ct ${of}`]: reader.name() };
    }
  }
  if (kind === 'meta' && isObject(inner) && inner['key'] === 'priority')
    return priorityChange(reader, key);
  return { mangle: { key, value: readMapped(reader) } };
}

/** `meta priority set 1:2`. */
function priorityChange(reader: Reader, key: Json): Json {
  return { mangle: { key, value: reader.name() } };
}

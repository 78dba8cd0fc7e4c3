import type { Json } from './json.ts';
import { NotUnderstood, type Reader } from './reader.ts';
import { readOne, readReference } from './text-value.ts';

/** Keys of `meta` that may be written without it. */
const BARE_META = new Set(
  'mark iif iifname iiftype iifgroup oif oifname oiftype oifgroup pkttype skuid skgid cgroup cpu nftrace rtclassid ibrname obrname ibriport obriport ibridgename obridgename random day hour time'.split(
    ' ',
  ),
);

/** Headers whose fields are one word. */
const HEADERS = new Set(
  'ether vlan arp ip ip6 icmp icmpv6 igmp tcp udp udplite sctp dccp ah esp comp th gre gretap vxlan geneve'.split(
    ' ',
  ),
);

const EXTENSIONS = new Set(['hbh', 'rt', 'rt0', 'rt2', 'rt4', 'srh', 'frag', 'dst', 'mh']);
const FIB_FLAGS = new Set(['saddr', 'daddr', 'mark', 'iif', 'oif']);

/** Whether a word begins what a packet can be asked for. */
export function beginsKey(word: string): boolean {
  return (
    word === 'meta' ||
    word === 'ct' ||
    word === 'fib' ||
    word === 'exthdr' ||
    word === 'socket' ||
    word === 'osf' ||
    word === 'numgen' ||
    word === 'jhash' ||
    word === 'symhash' ||
    word === 'ipsec' ||
    word.startsWith('@') ||
    BARE_META.has(word) ||
    HEADERS.has(word) ||
    EXTENSIONS.has(word)
  );
}

/** What a match, map or `set` statement begins with, masks and dots among it. */
export function readKey(reader: Reader): Json {
  const keys = [readOperations(reader)];
  while (reader.accept('.')) {
    reader.skipEnds();
    keys.push(readOperations(reader));
  }
  return keys.length === 1 ? (keys[0] ?? null) : { concat: keys };
}

/** `meta mark & 0xff0 | 0x1`: `&` binds most, then `^`, then `|` (nft(8), "EXPRESSIONS"). */
function readOperations(reader: Reader): Json {
  return operation(reader, 0);
}

const LEVELS: readonly (readonly [string, readonly string[]])[] = [
  ['|', ['|', 'or']],
  ['^', ['^', 'xor']],
  ['&', ['&', 'and']],
  ['<<', ['<<', 'lshift']],
  ['>>', ['>>', 'rshift']],
];

function operation(reader: Reader, level: number): Json {
  const [sign, words] = LEVELS[level] ?? [];
  if (sign === undefined || words === undefined) return operand(reader);
  let left = operation(reader, level + 1);
  while (reader.accept(...words)) left = { [sign]: [left, unfolded(operation(reader, level + 1))] };
  return left;
}

/** `(syn | ack)` is a list of flags to libnftables. */
function unfolded(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const flags = '|' in value ? flagNames(value) : undefined;
  return flags ?? value;
}

function flagNames(value: Json): readonly Json[] | undefined {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || !('|' in value)) return undefined;
  const parts = (value['|'] as readonly Json[]).map(flagNames);
  return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
}

function operand(reader: Reader): Json {
  if (reader.accept('(')) {
    const inner = reader.nested(() => readKey(reader));
    reader.expect(')');
    return inner;
  }
  const { kind, text } = reader.peek();
  if (kind === 'word' && beginsKey(text)) return readPrimary(reader);
  if (kind !== 'word' && kind !== 'string') throw new NotUnderstood();
  return readOne(reader, false);
}

function readPrimary(reader: Reader): Json {
  const word = reader.next().text;
  if (word === 'meta') return { meta: { key: reader.name() } };
  if (word === 'ct') return readConnection(reader);
  if (word === 'fib') return readFib(reader);
  if (word === 'exthdr') return { exthdr: { name: reader.name() } };
  if (word === 'socket') return { socket: { key: reader.name() } };
  if (word.startsWith('@')) return readRaw(word);
  if (word === 'numgen' || word === 'jhash' || word === 'symhash') return readSpread(word, reader);
  if (word === 'osf' || word === 'ipsec') throw new NotUnderstood();
  if (BARE_META.has(word)) return { meta: { key: word } };
  if (EXTENSIONS.has(word)) return readExtension(word, reader);
  const field = reader.name();
  if (field === 'option') return readOption(word, reader);
  return { payload: { protocol: word, field } };
}

function readConnection(reader: Reader): Json {
  const word = reader.name();
  if (word !== 'original' && word !== 'reply') return { ct: { key: word } };
  const first = reader.name();
  const key = first === 'ip' || first === 'ip6' ? `${first} ${reader.name()}` : first;
  return { ct: { key, dir: word } };
}

function readFib(reader: Reader): Json {
  const flags: string[] = [];
  do {
    const flag = reader.name();
    if (!FIB_FLAGS.has(flag)) throw new NotUnderstood();
    flags.push(flag);
  } while (reader.accept('.'));
  return { fib: { result: reader.name(), flags } };
}

function readRaw(word: string): Json {
  const [, base, offset, len] = /^@(\w+),(\d+),(\d+)$/.exec(word) ?? [];
  if (base === undefined) throw new NotUnderstood();
  return { payload: { base, offset: Number(offset), len: Number(len) } };
}

function readSpread(word: string, reader: Reader): Json {
  if (word === 'jhash') readKey(reader);
  const mode = word === 'numgen' ? { mode: reader.name() } : {};
  reader.expect('mod');
  const mod = Number(reader.name());
  while (reader.accept('seed', 'offset')) reader.name();
  return { [word]: { ...mode, mod } };
}

function readExtension(name: string, reader: Reader): Json {
  return { exthdr: { name, field: reader.name() } };
}

/** `tcp option maxseg size`, `ip option rr exists`. */
function readOption(protocol: string, reader: Reader): Json {
  const name = reader.name();
  const { kind, text } = reader.peek();
  const field =
    kind === 'word' && text !== 'exists' && text !== 'missing' ? { field: reader.name() } : {};
  return { [`${protocol} option`]: { name, ...field } };
}

/** A key, or `key map { … }`. */
export function readMapped(reader: Reader): Json {
  const key = readKey(reader);
  return reader.accept('map') ? { map: { key, data: readReference(reader) } } : key;
}

import { ownValue } from '../../../model/own-value.ts';
import type { Source } from '../../kind.ts';
import type { Draft, ObjectReader, Place, State } from './draft.ts';
import type { Json, JsonObject } from './json.ts';
import { Reader } from './reader.ts';
import { readDevices, readHook } from './text-hook.ts';
import { readElementCommand, readMeterObject, readSetObject, skipObject } from './text-set.ts';
import { readRule } from './text-statement.ts';
import { readSet, readTuple } from './text-value.ts';

const FAMILIES = new Set(['ip', 'ip6', 'inet', 'bridge', 'netdev', 'arp']);

/** A text whose includes include one another has an end. */
const MOST_COMMANDS = 1_000_000;

/**
 * The objects of a text in nft's own language (nft(8)), as `nft -j list ruleset` would give them once
 * it is loaded into an empty ruleset. Throws FIREWALL_SYNTAX.
 */
export function objectsOfText(
  main: Source,
  others: readonly Source[],
): { readonly objects: readonly Json[]; readonly unread: readonly string[] } {
  const state: State = {
    tables: new Map(),
    unread: [],
    others: new Map(others.map((source) => [source.origin, source])),
    commands: 0,
  };
  const variables = new Map<string, Json>();
  readText(main, state, variables);
  // What nothing includes is still part of what was given to be read.
  for (const source of [...state.others.values()]) {
    if (state.others.delete(source.origin)) readText(source, state, variables);
  }
  return { objects: [...state.tables.values()].flatMap(objectsOf), unread: state.unread };
}

function objectsOf(draft: Draft): readonly Json[] {
  const { family, name, flags } = draft;
  const chains = [...draft.chains.values()];
  return [
    { table: { family, name, ...(flags.length > 0 ? { flags } : {}) } },
    ...[...draft.sets.values()].map((set) => ({ set })),
    ...draft.others,
    ...chains.map(({ chain }) => ({ chain })),
    ...chains.flatMap(({ rules }) => rules.map((rule) => ({ rule }))),
  ];
}

function readText(source: Source, state: State, variables: Map<string, Json>): void {
  const reader = new Reader(source.text, source.origin, variables);
  const before = state.commands;
  for (;;) {
    reader.skipEnds();
    if (reader.peek().kind === 'eof') break;
    state.commands += 1;
    if (state.commands > MOST_COMMANDS) throw reader.broken('too many commands');
    readCommand(reader, state);
  }
  if (state.commands === before) throw reader.broken('the text holds no command');
}

function readCommand(reader: Reader, state: State): void {
  const word = reader.peek().kind === 'word' ? reader.peek().text : '';
  const read = ownValue(COMMANDS, word);
  if (read !== undefined) {
    reader.next();
    read(reader, state, word);
  } else if (Object.hasOwn(OBJECTS, objectWord(reader))) addObject(reader, state, 'add');
  else throw reader.broken('a command was expected');
  closeCommand(reader);
}

/** A line that has no end was cut short; a block is whole with its brace. */
function closeCommand(reader: Reader): void {
  const { kind } = reader.peek();
  if (kind === 'end') {
    reader.next();
    return;
  }
  if (kind === 'eof' && reader.peek(-1).text === '}') return;
  if (kind === 'eof')
    throw reader.broken('the last line is not whole: "}" or a line feed was expected');
  // `}` of a block may be followed by the next command on its line.
  if (reader.peek(-1).text !== '}') throw reader.broken('the end of the command was expected');
}

const COMMANDS: Readonly<Record<string, (reader: Reader, state: State, word: string) => void>> = {
  define: readDefine,
  redefine: readDefine,
  undefine: (reader) => {
    reader.variables.delete(reader.name());
  },
  include: readInclude,
  add: addObject,
  create: addObject,
  insert: addObject,
  flush: readFlush,
  delete: readDelete,
  destroy: readDelete,
  replace: leaveUnread,
  rename: leaveUnread,
  reset: leaveUnread,
  list: (reader) => void reader.rest(),
  describe: (reader) => void reader.rest(),
};

function leaveUnread(reader: Reader, state: State, word: string): void {
  const { line } = reader.peek();
  state.unread.push(`${reader.origin}, line ${line}: "${word} ${reader.rest()}" was not followed`);
}

function readDefine(reader: Reader): void {
  const name = reader.name();
  reader.expect('=');
  reader.variables.set(name, readDefinition(reader));
}

function readDefinition(reader: Reader): Json {
  if (reader.sees('{')) return readSet(reader);
  const values = [readTuple(reader)];
  while (reader.accept(',')) values.push(readTuple(reader));
  return values.length === 1 ? (values[0] ?? null) : values;
}

/** `include "/etc/nftables.d/*.nft"`, from the texts that were given along. */
function readInclude(reader: Reader, state: State): void {
  const path = reader.name();
  const found = [...state.others.values()].filter(({ origin }) => matchesPath(origin, path));
  if (found.length === 0) {
    state.unread.push(`${reader.origin}: includes ${path}, which was not read`);
  }
  for (const source of found) {
    if (state.others.delete(source.origin)) readText(source, state, reader.variables);
  }
}

function matchesPath(origin: string, path: string): boolean {
  const parts = path
    .replace(/^\.\//, '')
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${path.startsWith('./') ? '(?:.*/)?' : ''}${parts.join('[^/]*')}$`).test(
    origin,
  );
}

function readFlush(reader: Reader, state: State): void {
  const word = reader.name();
  if (word === 'ruleset') {
    const family = reader.atEnd() ? undefined : reader.name();
    for (const [key, table] of state.tables) {
      if (family === undefined || table.family === family) state.tables.delete(key);
    }
    return;
  }
  const table = state.tables.get(readTableKey(reader));
  if (word === 'table') {
    for (const each of table?.chains.values() ?? []) each.rules = [];
    return;
  }
  const name = reader.name();
  const chain = table?.chains.get(name);
  const set = table?.sets.get(name);
  if (word === 'chain' && chain !== undefined) chain.rules = [];
  if ((word === 'set' || word === 'map') && set !== undefined)
    table?.sets.set(name, { ...set, elem: [] });
}

function readDelete(reader: Reader, state: State, word: string): void {
  const { line } = reader.peek();
  const what = reader.name();
  if (what === 'table') {
    state.tables.delete(readTableKey(reader));
    return;
  }
  if (what === 'chain' || what === 'set' || what === 'map') {
    const table = state.tables.get(readTableKey(reader));
    const name = reader.name();
    if (what === 'chain') table?.chains.delete(name);
    else table?.sets.delete(name);
    return;
  }
  state.unread.push(
    `${reader.origin}, line ${line}: "${word} ${what} ${reader.rest()}" was not followed`,
  );
}

function readTableKey(reader: Reader): string {
  const family = FAMILIES.has(reader.peek().text) ? reader.name() : 'ip';
  return `${family} ${reader.name()}`;
}

/** `ct helper` is two words. */
function objectWord(reader: Reader): string {
  const { kind, text } = reader.peek();
  if (kind !== 'word') return '';
  return text === 'ct' ? `ct ${reader.peek(1).text}` : text;
}

function addObject(reader: Reader, state: State, how: string): void {
  const word = objectWord(reader);
  if (word === 'table') {
    reader.next();
    readTable(reader, state);
    return;
  }
  const read = ownValue(OBJECTS, word);
  if (read === undefined)
    throw reader.broken('a table, chain, rule, set, map or element was expected');
  for (const _ of word.split(' ')) reader.next();
  const key = readTableKey(reader);
  const table = state.tables.get(key);
  if (table === undefined) throw reader.broken(`table ${key} was not declared before`);
  read(reader, table, { state, how, word });
}

const OBJECTS: Readonly<Record<string, ObjectReader>> = {
  table: () => {},
  chain: readChain,
  rule: readRuleCommand,
  set: readSetObject,
  map: readSetObject,
  element: readElementCommand,
  limit: readMeterObject,
  quota: readMeterObject,
  counter: skipObject,
  flowtable: skipObject,
  secmark: skipObject,
  synproxy: skipObject,
  'ct helper': skipObject,
  'ct timeout': skipObject,
  'ct expectation': skipObject,
};

function readTable(reader: Reader, state: State): void {
  const key = readTableKey(reader);
  const [family = 'ip', ...name] = key.split(' ');
  const table = state.tables.get(key) ?? {
    family,
    name: name.join(' '),
    flags: [],
    chains: new Map(),
    sets: new Map(),
    others: [],
  };
  state.tables.set(key, table);
  if (!reader.accept('{')) return;
  for (;;) {
    reader.skipEnds();
    if (reader.accept('}')) return;
    readInTable(reader, table, state);
  }
}

function readInTable(reader: Reader, table: Draft, state: State): void {
  if (reader.accept('flags')) table.flags = readWords(reader);
  else if (reader.accept('comment')) reader.name();
  else if (reader.accept('define', 'redefine')) readDefine(reader);
  else if (reader.accept('include')) readInclude(reader, state);
  else {
    const word = objectWord(reader);
    const read = Object.hasOwn(OBJECTS, word) && word !== 'table' ? OBJECTS[word] : undefined;
    if (read === undefined) throw reader.broken('a chain, set or map was expected');
    for (const _ of word.split(' ')) reader.next();
    read(reader, table, { state, how: 'add', word });
  }
}

/** `interval,timeout`. */
function readWords(reader: Reader): readonly string[] {
  const words = [reader.name()];
  while (reader.accept(',')) words.push(reader.name());
  return words;
}

function readChain(reader: Reader, table: Draft, place: Place): void {
  const name = reader.name();
  const entry = table.chains.get(name) ?? {
    chain: { family: table.family, table: table.name, name },
    rules: [],
  };
  table.chains.set(name, entry);
  if (!reader.accept('{')) return;
  for (;;) {
    reader.skipEnds();
    if (reader.accept('}')) return;
    readInChain(reader, table, entry, place);
  }
}

interface ChainDraft {
  chain: JsonObject;
  rules: JsonObject[];
}

function readInChain(reader: Reader, table: Draft, entry: ChainDraft, { state }: Place): void {
  if (reader.accept('type')) entry.chain = { ...entry.chain, ...readHook(reader, table.family) };
  else if (reader.accept('policy')) entry.chain = { ...entry.chain, policy: readPolicy(reader) };
  else if (reader.accept('comment')) reader.name();
  else if (reader.accept('flags')) readWords(reader);
  else if (reader.accept('devices', 'device')) {
    reader.accept('=');
    entry.chain = { ...entry.chain, dev: readDevices(reader) };
  } else if (reader.accept('define', 'redefine')) readDefine(reader);
  else if (reader.accept('include')) readInclude(reader, state);
  else entry.rules.push(readRuleObject(reader, table, entry.chain));
}

function readPolicy(reader: Reader): Json {
  const policy = readTuple(reader);
  if (policy !== 'accept' && policy !== 'drop')
    throw reader.broken('"accept" or "drop" was expected');
  return policy;
}

function readRuleObject(reader: Reader, table: Draft, chain: JsonObject): JsonObject {
  const { line } = reader.peek();
  const { expr, comment } = readRule(reader);
  if (expr.length === 0) throw reader.broken('a rule was expected');
  const { handle } = reader.peek();
  return {
    family: table.family,
    table: table.name,
    chain: chain['name'] ?? '',
    expr,
    line,
    ...(handle === undefined ? {} : { handle }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** `add rule inet t input tcp dport 22 accept`. */
function readRuleCommand(reader: Reader, table: Draft, { state, how }: Place): void {
  const { line } = reader.peek();
  const name = reader.name();
  const entry = table.chains.get(name);
  if (entry === undefined) throw reader.broken(`chain ${name} was not declared before`);
  if (reader.accept('position', 'handle', 'index')) {
    reader.name();
    state.unread.push(
      `${reader.origin}, line ${line}: a rule at a place of its own was taken as the last`,
    );
  }
  const rule = readRuleObject(reader, table, entry.chain);
  if (how === 'insert') entry.rules.unshift(rule);
  else entry.rules.push(rule);
}

import type { Draft, Place } from './draft.ts';
import { isObject, type Json, type JsonObject, listed } from './json.ts';
import type { Reader } from './reader.ts';
import { readLimit, readQuota } from './text-statement.ts';
import { readElements, readTuple } from './text-value.ts';

export function readElementCommand(reader: Reader, table: Draft): void {
  const name = reader.name();
  const set = table.sets.get(name);
  if (set === undefined) throw reader.broken(`set ${name} was not declared before`);
  table.sets.set(name, { ...set, elem: [...listed(set['elem']), ...readElements(reader)] });
}

export function readSetObject(reader: Reader, table: Draft, { word }: Place): void {
  const name = reader.name();
  const old = table.sets.get(name);
  let set: JsonObject = old ?? { family: table.family, table: table.name, name, elem: [] };
  reader.expect('{');
  for (;;) {
    reader.skipEnds();
    if (reader.accept('}')) break;
    set = readInSet(reader, set);
  }
  table.sets.set(name, word === 'map' ? { ...set, map: 'data' } : set);
}

function readInSet(reader: Reader, set: JsonObject): JsonObject {
  if (reader.accept('elements')) {
    reader.expect('=');
    const elem = reader.sees('{')
      ? readElements(reader)
      : listed(onlySet(readTuple(reader), reader));
    return { ...set, elem: [...listed(set['elem']), ...elem] };
  }
  if (
    reader.accept('type', 'typeof', 'flags', 'timeout', 'gc-interval', 'size', 'policy', 'comment')
  ) {
    reader.rest();
    return set;
  }
  if (reader.accept('auto-merge')) return set;
  const { text } = reader.peek();
  if (!STATEFUL.has(text)) throw reader.broken('a part of a set was expected');
  reader.rest();
  return { ...set, stmt: [...listed(set['stmt']), { [text]: null }] };
}

/** `elements = $NETS`. */
function onlySet(value: Json, reader: Reader): Json {
  if (!isObject(value) || value['set'] === undefined)
    throw reader.broken('elements in braces were expected');
  return value['set'];
}

const STATEFUL = new Set(['counter', 'limit', 'quota', 'ct', 'last']);

export function readMeterObject(reader: Reader, table: Draft, { word }: Place): void {
  const name = reader.name();
  const braces = reader.accept('{');
  reader.skipEnds();
  const statement = word === 'limit' ? readLimit(reader) : readQuota(reader);
  reader.skipEnds();
  if (braces) {
    while (reader.accept('comment')) {
      reader.name();
      reader.skipEnds();
    }
    reader.expect('}');
  }
  const value = isObject(statement) ? statement[word] : undefined;
  table.others.push({
    [word]: { family: table.family, table: table.name, name, ...(isObject(value) ? value : {}) },
  });
}

/** What no object without effect has in it: a text that was mixed up would lose a firewall. */
const OF_TABLES = / (?:chain|table) /;

export function skipObject(reader: Reader): void {
  reader.name();
  const from = reader.at;
  const skipped = ` ${reader.rest().replaceAll(/"[^"]*"/g, '')} `;
  if (!OF_TABLES.test(skipped)) return;
  reader.at = from;
  throw reader.broken('an object that holds no chain was expected');
}

import type { Cell, Step, Test } from '../../layer.ts';
import { prefixOfMask } from '../../masks.ts';
import type { Ranges } from '../../ranges.ts';
import { bare, type CellKey, cellOf, cellOfAll, everyAddress, fieldOf, rangesIn } from './cell.ts';
import { familyIs, flagsOf, type Key, keyOf } from './field.ts';
import { isList, isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';
import { printExpression, printMatch } from './print.ts';
import { contentOf, type Scope, type SetContent } from './sets.ts';

/** A step, or several ways that a rule can go on: it matches when one of them does. */
export type Part = Step | { readonly either: readonly (readonly Step[])[] };

type Operator = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'in' | '!';
const OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=', 'in', '!']);

const NEVER: Test = { test: 'never' };

/** The tests of a `match` statement; a single opaque one where it was not understood. */
export function partsOfMatch(match: JsonObject, scope: Scope): readonly Part[] {
  return understood(match, scope) ?? [{ test: 'opaque', text: printMatch(match) }];
}

function understood(match: JsonObject, scope: Scope): readonly Part[] | undefined {
  const op = textAt(match, 'op') ?? '==';
  const { left, right } = match;
  if (left === undefined || right === undefined || !OPERATORS.has(op)) return undefined;
  const operator = op as Operator;
  const [kind, value] = only(left) ?? [];
  if (kind === 'concat') return tupleTest(listed(value), operator, right, scope);
  const route = routeTest(left, operator, right);
  if (route !== undefined) return [route];
  const flags = flagTest(left, operator, right);
  if (flags !== undefined) return flags;
  const key = keyOf(left) ?? maskedAddress(left, right)?.key;
  if (key === undefined) return undefined;
  if (key.holds === 'tcp-flags') return undefined;
  const plain = maskedAddress(left, right)?.right ?? right;
  return withNeeds(key, valueTest(key, operator, plain, scope));
}

/** A test on addresses says its family by itself; a test on ports does not say the protocol. */
function withNeeds(key: Key, parts: readonly Part[] | undefined): readonly Part[] | undefined {
  if (parts === undefined || key.holds === 'address') return parts;
  return [...key.needs, ...parts];
}

function valueTest(
  key: CellKey,
  op: Operator,
  right: Json,
  scope: Scope,
): readonly Part[] | undefined {
  const content = isReference(right) ? contentOf(right, scope) : undefined;
  if (isReference(right)) {
    if (content === undefined) return undefined;
    if (op !== '==' && op !== '!=') return undefined;
    const cell = readOnce(content, [key], () => cellOfAll(key, content.elements));
    return cell === undefined
      ? undefined
      : membership(op, content, right, testOf(key, cell, op === '!='));
  }
  if (key.holds === 'name' && (key.field === 'state' || key.field === 'status')) {
    return bitTest(key, op, right);
  }
  if (op === 'in' || op === '!') return undefined;
  const cell = cellOf(key, right);
  if (cell === undefined) return undefined;
  const compared = op === '==' || op === '!=' ? cell : comparison(key, op, cell);
  return compared === undefined ? undefined : [testOf(key, compared, op === '!=')];
}

function isReference(right: Json): boolean {
  if (typeof right === 'string') return right.startsWith('@');
  return only(right)?.[0] === 'set';
}

/** What rules add to a set later is not among the elements that were listed. */
function membership(
  op: '==' | '!=',
  content: SetContent,
  right: Json,
  known: Test,
): readonly Part[] | undefined {
  if (content.limited) return undefined;
  if (content.growth === 'never') return [known];
  const name = printExpression(right);
  const not = op === '!=';
  const added: Test =
    content.growth === 'over'
      ? { test: 'limit', over: !not, text: `the rate that keeps a source out of ${name}` }
      : { test: 'opaque', text: `${not ? '!= ' : ''}${name} (rules add to it)` };
  return not ? [known, added] : [{ either: [[known], [added]] }];
}

function testOf(key: CellKey, cell: Cell, not: boolean): Test {
  if (key.holds === 'family') return familyTest(cell, not);
  const negated = not ? { not } : {};
  if (key.holds === 'name') {
    const names = cell === 'any' ? ['*'] : 'names' in cell ? cell.names : [];
    if (names.length === 0 && !not) return NEVER;
    return { test: 'name', field: key.field, in: names, ...negated };
  }
  if (key.holds === 'address') {
    const every = everyAddress(key.family);
    const ranges =
      cell === 'any' ? every : 'addresses' in cell ? cell.addresses : { ...every, ranges: [] };
    if (ranges.ranges.length === 0 && !not) return NEVER;
    return { test: 'address', field: key.field, in: ranges, ...negated };
  }
  const numbers = cell === 'any' ? [0, key.most + 1] : 'numbers' in cell ? cell.numbers : [];
  if (numbers.length === 0 && !not) return NEVER;
  const masked = key.mask === undefined ? {} : { mask: key.mask };
  return { test: 'number', field: key.field, ...masked, in: numbers, ...negated };
}

function familyTest(cell: Cell, not: boolean): Test {
  const numbers: Ranges<number> = cell === 'any' ? [4, 7] : 'numbers' in cell ? cell.numbers : [];
  const has = (family: number) =>
    numbers.some((bound, at) => at % 2 === 0 && bound <= family && family < (numbers[at + 1] ?? 0));
  const four = has(4) !== not;
  const six = has(6) !== not;
  if (four && six) return { test: 'number', field: 'protocol', in: [0, 256] };
  if (!four && !six) return NEVER;
  return familyIs(four ? 4 : 6);
}

/** `tcp dport < 1024` and its like, as a range. */
function comparison(key: CellKey, op: Operator, cell: Cell): Cell | undefined {
  if (cell === 'any') return undefined;
  if (key.holds === 'number' && 'numbers' in cell) {
    const value = cell.numbers[0] ?? 0;
    const below: Ranges<number> = bounds(0, op === '<' ? value : value + 1);
    const above: Ranges<number> = bounds(op === '>' ? value + 1 : value, key.most + 1);
    return { numbers: op.startsWith('<') ? below : above };
  }
  if (key.holds === 'address' && 'addresses' in cell) {
    const { family, ranges } = everyAddress(key.family);
    const value = cell.addresses.ranges[0] ?? 0n;
    const below = bounds(0n, op === '<' ? value : value + 1n);
    const above = bounds(op === '>' ? value + 1n : value, ranges[1] ?? 0n);
    return { addresses: { family, ranges: op.startsWith('<') ? below : above } };
  }
  return undefined;
}

function bounds<T extends number | bigint>(first: T, end: T): Ranges<T> {
  return first < end ? [first, end] : [];
}

/** A connection has one state, and may have several marks of its translation. */
function bitTest(
  key: Extract<Key, { readonly holds: 'name' }>,
  op: Operator,
  right: Json,
): readonly Test[] | undefined {
  const exact = op === '==' || op === '!=';
  if (!exact && op !== 'in' && op !== '!') return undefined;
  if (key.field === 'status' && exact) return undefined;
  // One state is never two, so `== established,related` in one value matches nothing.
  if (exact && isList(right) && right.length > 1) return undefined;
  const cell = cellOfAll(key, listed(right));
  if (cell === undefined) return undefined;
  return [testOf(key, cell, op === '!=' || op === '!')];
}

/** `ct state & (established | related) != 0`, as older versions of nft write it. */
function maskedBits(key: Key, mask: Json, op: Operator, right: Json): readonly Test[] | undefined {
  if (key.holds !== 'name' || (key.field !== 'state' && key.field !== 'status')) return undefined;
  const [kind, parts] = only(mask) ?? [];
  const names = listed(kind === '|' ? parts : mask);
  if (op !== '==' && op !== '!=') return undefined;
  if (right === 0) return bitTest(key, op === '!=' ? 'in' : '!', names);
  // With one bit in the mask, equal to it means that it is set.
  if (names.length !== 1 || names[0] !== right) return undefined;
  return bitTest(key, op === '==' ? 'in' : '!', right);
}

/** Tests on bits: TCP flags, and masked states. Undefined: it is no such test. */
function flagTest(left: Json, op: Operator, right: Json): readonly Test[] | undefined {
  const [kind, operands] = only(left) ?? [];
  const [inner, mask] = kind === '&' ? listed(operands) : [left, undefined];
  const key = inner === undefined ? undefined : keyOf(inner);
  if (key === undefined) return undefined;
  if (key.holds !== 'tcp-flags') {
    return mask === undefined || typeof mask === 'number'
      ? undefined
      : maskedBits(key, mask, op, right);
  }
  const test = tcpFlagsTest(mask === undefined ? undefined : flagsOf(mask), op, right);
  return test === undefined || (mask !== undefined && flagsOf(mask) === undefined)
    ? undefined
    : [...key.needs, test];
}

function tcpFlagsTest(mask: number | undefined, op: Operator, right: Json): Test | undefined {
  const values = flagValues(right);
  const [first] = values ?? [];
  if (values === undefined || first === undefined) return undefined;
  if (op === 'in' || op === '!') {
    if (mask !== undefined || values.length > 1) return undefined;
    return { test: 'tcp-flags', mask: first, in: [0], ...(op === 'in' ? { not: true } : {}) };
  }
  if (op !== '==' && op !== '!=') return undefined;
  return {
    test: 'tcp-flags',
    mask: mask ?? 0xff,
    in: values,
    ...(op === '!=' ? { not: true } : {}),
  };
}

/** Values of a set, or the one. */
function flagValues(right: Json): readonly number[] | undefined {
  const [kind, elements] = only(right) ?? [];
  if (typeof right === 'string' && right.startsWith('@')) return undefined;
  const values = (kind === 'set' ? listed(elements) : [right]).map((value) => flagsOf(bare(value)));
  return values.every((value) => value !== undefined) ? values : undefined;
}

/**
 * `fib saddr . iif oif missing`: no route leads back to the source over the device it came in on, as
 * with forged sources. A source that the machine expects there passes; the rule is told as a condition.
 */
function routeTest(left: Json, op: Operator, right: Json): Test | undefined {
  const [kind, fib] = only(left) ?? [];
  if (kind !== 'fib' || !isObject(fib)) return undefined;
  const flags = listed(fib['flags']);
  const back = flags.includes('saddr') && flags.includes('iif') && !flags.includes('oif');
  const absent = right === false || right === 0 || right === '0';
  if (!back || fib['result'] !== 'oif' || (op !== '==' && op !== '!=')) return undefined;
  if (!absent && right !== true) return undefined;
  const missing = absent === (op === '==');
  return { test: 'limit', over: missing, text: 'sources with a route back over the same device' };
}

/** `ip saddr & 255.255.255.0 == 10.0.0.0`: a block, written as older versions of nft do. */
function maskedAddress(
  left: Json,
  right: Json,
): { readonly key: CellKey; readonly right: Json } | undefined {
  const [kind, operands] = only(left) ?? [];
  const [inner, mask] = kind === '&' ? listed(operands) : [];
  if (inner === undefined || typeof mask !== 'string' || typeof right !== 'string')
    return undefined;
  const key = keyOf(inner);
  if (key?.holds !== 'address') return undefined;
  const len = prefixOfMask(mask, key.family);
  const value = rangesIn(key.family, right)?.[0];
  if (len === null || value === undefined) return undefined;
  const block = { prefix: { addr: right, len } };
  // Bits behind the mask that are asked to be set never are.
  return rangesIn(key.family, block)?.[0] === value ? { key, right: block } : undefined;
}

function tupleTest(
  expressions: readonly Json[],
  op: Operator,
  right: Json,
  scope: Scope,
): readonly Part[] | undefined {
  const keys = keysOf(expressions);
  if (keys === undefined || (op !== '==' && op !== '!=')) return undefined;
  const content = isReference(right)
    ? contentOf(right, scope)
    : { elements: [right], growth: 'never' as const, limited: false };
  if (content === undefined) return undefined;
  const rows = readOnce(content, keys, () => rowsOf(keys, content.elements));
  if (rows === undefined) return undefined;
  const not = op === '!=' ? { not: true } : {};
  const known: Test =
    rows.length === 0 && op === '=='
      ? NEVER
      : { test: 'tuple', fields: keys.map(fieldOf), rows, ...not };
  const tests = membership(op, content, right, known);
  return tests === undefined ? undefined : [...needsOf(keys), ...tests];
}

/** Undefined when one element was not understood. */
function rowsOf(
  keys: readonly CellKey[],
  elements: readonly Json[],
): readonly (readonly Cell[])[] | undefined {
  const rows = elements.map((element) => rowOf(keys, element));
  return rows.every((row) => row !== undefined) ? rows : undefined;
}

/** What was read of a set: many rules may name one that holds a hundred thousand elements. */
const readBefore = new WeakMap<SetContent, Map<string, unknown>>();

function readOnce<T>(content: SetContent, keys: readonly CellKey[], of: () => T): T {
  const known = readBefore.get(content) ?? new Map<string, unknown>();
  readBefore.set(content, known);
  const name = keys.map((key) => `${fieldOf(key)} ${JSON.stringify(key.needs)}`).join();
  if (!known.has(name)) known.set(name, of());
  return known.get(name) as T;
}

/** Undefined when one of them cannot be a cell of a row. */
export function keysOf(expressions: readonly Json[]): readonly CellKey[] | undefined {
  const keys: CellKey[] = [];
  for (const expression of expressions) {
    const key = keyOf(expression);
    if (key === undefined || key.holds === 'tcp-flags' || key.mask !== undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

/** Each once: `ip saddr . ip daddr` asks twice for IPv4. */
export function needsOf(keys: readonly Key[]): readonly Test[] {
  const needs = new Map(
    keys.flatMap((key) => key.needs).map((test) => [JSON.stringify(test), test]),
  );
  return [...needs.values()];
}

export function rowOf(keys: readonly CellKey[], element: Json): readonly Cell[] | undefined {
  const value = bare(element);
  if (value === '*') return keys.map(() => 'any');
  const [kind, parts] = only(value) ?? [];
  const values = kind === 'concat' ? listed(parts) : [value];
  if (values.length !== keys.length) return undefined;
  const cells: Cell[] = [];
  for (const [at, key] of keys.entries()) {
    const cell = cellOf(key, values[at] ?? null);
    if (cell === undefined) return undefined;
    cells.push(cell);
  }
  return cells;
}

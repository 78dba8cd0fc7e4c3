import type { Action, AddressRanges, Cell, Step } from '../../layer.ts';
import { bare, type CellKey, fieldOf, unionOf } from './cell.ts';
import { flagsOf, keyOf } from './field.ts';
import { isList, isObject, type Json, type JsonObject, listed, only } from './json.ts';
import { keysOf, needsOf, type Part, rowOf } from './match.ts';
import { contentOf, type Scope } from './sets.ts';

export function mapOf(value: Json | undefined): JsonObject | undefined {
  const [kind, map] = value === undefined ? [] : (only(value) ?? []);
  return kind === 'map' && isObject(map) ? map : undefined;
}

export function cellUnder(key: CellKey, value: Json): Cell | undefined {
  return rowOf([key], value)?.[0];
}

/** A map of any data: one action per row. */
export function mapParts(
  map: JsonObject,
  scope: Scope,
  actionOf: (data: Json) => Action | undefined,
): readonly Part[] | undefined {
  const key = map['key'] ?? null;
  const content = contentOf(map['data'] ?? null, scope);
  if (content === undefined || content.growth !== 'never' || content.limited) return undefined;
  const spread = spreadAction(key, content.elements, actionOf);
  if (spread !== undefined) return [spread];
  const flags = flagRows(key, content.elements, actionOf);
  if (flags !== undefined) return flags;
  return fieldRows(key, content.elements, actionOf);
}

function fieldRows(
  key: Json,
  elements: readonly Json[],
  actionOf: (data: Json) => Action | undefined,
): readonly Part[] | undefined {
  const [kind, parts] = only(key) ?? [];
  const masked = kind === '&' ? maskedRows(key, elements, actionOf) : undefined;
  if (masked !== undefined) return masked;
  const keys = keysOf(kind === 'concat' ? listed(parts) : [key]);
  if (keys === undefined) return undefined;
  const rows: { key: readonly Cell[]; action: Action }[] = [];
  for (const element of elements) {
    if (!isList(element)) return undefined;
    const cells = rowOf(keys, element[0] ?? null);
    const action = actionOf(bare(element[1] ?? null));
    if (cells === undefined || action === undefined) return undefined;
    rows.push({ key: cells, action });
  }
  // `*` is for what no other element holds.
  rows.sort((a, b) => Number(isCatchAll(a.key)) - Number(isCatchAll(b.key)));
  return [...needsOf(keys), { do: 'map', fields: keys.map(fieldOf), rows }];
}

function isCatchAll(cells: readonly Cell[]): boolean {
  return cells.every((cell) => cell === 'any');
}

/** `numgen inc mod 2 map { 0 : 192.0.2.1, 1 : 192.0.2.2 }`: one of the addresses, whichever. */
function spreadAction(
  key: Json,
  elements: readonly Json[],
  actionOf: (data: Json) => Action | undefined,
): Action | undefined {
  const kind = only(key)?.[0];
  if (kind !== 'numgen' && kind !== 'jhash' && kind !== 'symhash') return undefined;
  const targets: AddressRanges[] = [];
  for (const element of elements) {
    const action = isList(element) ? actionOf(bare(element[1] ?? null)) : undefined;
    if (action?.do !== 'dnat' || action.to === undefined || action.ports !== undefined) {
      return undefined;
    }
    targets.push(action.to);
  }
  const family = targets[0]?.family;
  if (family === undefined) return undefined;
  return { do: 'dnat', to: { family, ranges: unionOf(targets) } };
}

/** A map over TCP flags, which are no field of a row: a way for each element. */
function flagRows(
  key: Json,
  elements: readonly Json[],
  actionOf: (data: Json) => Action | undefined,
): readonly Part[] | undefined {
  const [kind, operands] = only(key) ?? [];
  const [inner, maskText] = kind === '&' ? listed(operands) : [key];
  const of = inner === undefined ? undefined : keyOf(inner);
  const mask = maskText === undefined ? 0xff : flagsOf(maskText);
  if (of?.holds !== 'tcp-flags' || mask === undefined) return undefined;
  const either: Step[][] = [];
  for (const element of elements) {
    const flags = isList(element) ? flagsOf(bare(element[0] ?? null)) : undefined;
    const action = isList(element) ? actionOf(bare(element[1] ?? null)) : undefined;
    if (flags === undefined || action === undefined) return undefined;
    either.push([{ test: 'tcp-flags', mask, in: [flags] }, action]);
  }
  return [...of.needs, { either }];
}

/** `meta mark & 0xf0 vmap { … }`: a cell has no mask, so a way for each element. */
function maskedRows(
  key: Json,
  elements: readonly Json[],
  actionOf: (data: Json) => Action | undefined,
): readonly Part[] | undefined {
  const masked = keyOf(key);
  if (masked?.holds !== 'number' || masked.mask === undefined) return undefined;
  const either: Step[][] = [];
  for (const element of elements) {
    const cell = isList(element) ? cellUnder(masked, bare(element[0] ?? null)) : undefined;
    const action = isList(element) ? actionOf(bare(element[1] ?? null)) : undefined;
    if (cell === undefined || cell === 'any' || !('numbers' in cell) || action === undefined) {
      return undefined;
    }
    either.push([
      { test: 'number', field: masked.field, mask: masked.mask, in: cell.numbers },
      action,
    ]);
  }
  const ordered = callsLast(either);
  return ordered === undefined ? undefined : [...masked.needs, { either: ordered }];
}

/**
 * A chain that returns may have changed what the next way looks at, so the one that calls comes last;
 * undefined for several. What does nothing is left out.
 */
function callsLast(ways: readonly (readonly Step[])[]): readonly (readonly Step[])[] | undefined {
  const doing = (way: readonly Step[]) => way.flatMap((step) => ('do' in step ? [step.do] : []))[0];
  const calls = ways.filter((way) => doing(way) === 'jump');
  const final = ways.filter((way) => FINAL.has(doing(way) ?? ''));
  const idle = ways.filter((way) => way.some(isIdle));
  if (calls.length > 1 || calls.length + final.length + idle.length < ways.length) return undefined;
  return [...final, ...calls];
}

const FINAL = new Set(['accept', 'drop', 'return', 'goto', 'dnat', 'redirect']);

/** `continue`, as `verdictOf` has it. */
function isIdle(step: Step): boolean {
  return 'do' in step && step.do === 'set-mark' && step.and === 0xffff_ffff && step.xor === 0;
}

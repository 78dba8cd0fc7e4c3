import type { Action, AddressRanges, Cell, Step, Test } from '../../layer.ts';
import type { Ranges } from '../../ranges.ts';
import { bare, type CellKey, fieldOf, rangesIn, unionOf } from './cell.ts';
import { familyIs, flagsOf, keyOf, protocolIs } from './field.ts';
import { isList, isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';
import { keysOf, needsOf, type Part, partsOfMatch, rowOf } from './match.ts';
import { printExpression, printRate, printRule } from './print.ts';
import { contentOf, type Scope } from './sets.ts';
import { SERVICES } from './words.ts';

/** The steps of one statement. What is not known may have done anything to the packet. */
export function partsOfStatement(statement: Json, scope: Scope): readonly Part[] {
  const [kind, value] = only(statement) ?? [];
  if (kind === undefined || value === undefined) return [opaqueAction(statement)];
  if (WITHOUT_EFFECT.has(kind)) return [];
  const reader = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  return reader?.(value, scope, kind) ?? [opaqueAction(statement)];
}

function opaqueAction(statement: Json): Action {
  return { do: 'opaque', text: printRule([statement]) };
}

/** Count, log, tag, copy or clamp: nothing that decides about the packet. */
const WITHOUT_EFFECT = new Set([
  'counter',
  'log',
  'comment',
  'continue',
  'last',
  'flow',
  'dup',
  'reset',
  'secmark',
  'ct helper',
  'ct timeout',
  'ct expectation',
]);

type Reader = (value: Json, scope: Scope, kind: string) => readonly Part[] | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  match: (value, scope) => (isObject(value) ? partsOfMatch(value, scope) : undefined),
  accept: () => [{ do: 'accept' }],
  drop: () => [{ do: 'drop' }],
  return: () => [{ do: 'return' }],
  jump: verdictParts,
  goto: verdictParts,
  reject: (value, scope) => [...rejectNeeds(value, scope), { do: 'reject' }],
  limit: limitParts,
  quota: limitParts,
  'ct count': limitParts,
  meter: (value, scope) => (isObject(value) ? innerLimits(value, scope) : undefined),
  set: (value, scope) => (isObject(value) ? innerLimits(value, scope) : undefined),
  map: (value, scope) => (isObject(value) ? innerLimits(value, scope) : undefined),
  notrack: () => [{ do: 'notrack' }],
  snat: () => [{ do: 'snat' }],
  masquerade: () => [{ do: 'snat' }],
  redirect: redirectParts,
  dnat: dnatParts,
  mangle: mangleParts,
  vmap: vmapParts,
  xt: xtParts,
};

function verdictParts(value: Json, scope: Scope, kind: string): readonly Part[] | undefined {
  const action = verdictOf({ [kind]: value }, scope);
  return action === undefined ? undefined : [action];
}

/** What a row of a verdict map does; `continue` does nothing, which is no mark changed. */
function verdictOf(verdict: Json, scope: Scope): Action | undefined {
  const [kind, value] = only(verdict) ?? [];
  if (kind === 'accept' || kind === 'drop' || kind === 'return') return { do: kind };
  if (kind === 'continue') return { do: 'set-mark', field: 'mark', and: 0xffff_ffff, xor: 0 };
  if ((kind !== 'jump' && kind !== 'goto') || !isObject(value)) return undefined;
  const chain = textAt(value, 'target');
  return chain === undefined || !scope.chains.has(chain) ? undefined : { do: kind, chain };
}

/** Each way to refuse works for its own family or protocol only. */
function rejectNeeds(value: Json, { family }: Scope): readonly Test[] {
  const type = isObject(value) ? value['type'] : undefined;
  if (type === 'tcp reset') return [protocolIs(6)];
  if (family === 'ip' || family === 'ip6') return [];
  if (type === 'icmp') return [familyIs(4)];
  return type === 'icmpv6' ? [familyIs(6)] : [];
}

function limitParts(value: Json, scope: Scope, kind: string): readonly Part[] | undefined {
  if (isObject(value)) {
    return [{ test: 'limit', over: value['inv'] === true, text: bound(value, kind) }];
  }
  if (typeof value !== 'string') return undefined;
  const over = scope.meters.get(`${kind} ${value}`);
  return over === undefined ? undefined : [{ test: 'limit', over, text: `the ${kind} "${value}"` }];
}

/** As it is told behind "at most". */
function bound(value: JsonObject, kind: string): string {
  if (kind === 'limit') return printRate(value);
  const amount = printExpression(value['val'] ?? null);
  if (kind === 'quota') return `${amount} ${textAt(value, 'val_unit') ?? 'bytes'} in all`;
  return `${amount} connections`;
}

/** `add @s { ip saddr limit rate over 3/minute } drop`: the drop waits for the limit. */
function innerLimits(value: JsonObject, scope: Scope): readonly Part[] {
  return listed(value['stmt']).flatMap((statement) => partsOfStatement(statement, scope));
}

function redirectParts(value: Json, scope: Scope): readonly Part[] | undefined {
  const port = isObject(value) ? value['port'] : undefined;
  if (port === undefined) return [{ do: 'redirect' }];
  const map = mapOf(port);
  if (map !== undefined) {
    return mapParts(map, scope, (data) => {
      const ports = portsOf(data);
      return ports === undefined ? undefined : { do: 'redirect', ports };
    });
  }
  const ports = portsOf(port);
  return ports === undefined ? undefined : [{ do: 'redirect', ports }];
}

function dnatParts(value: Json, scope: Scope): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  const { addr, port } = value;
  const family = dnatFamily(value, scope);
  const needs = family === undefined ? [] : [familyIs(family)];
  const addressMap = mapOf(addr);
  const portMap = mapOf(port);
  if (addressMap !== undefined || portMap !== undefined) {
    const map = addressMap ?? portMap;
    if (map === undefined || (addr !== undefined && port !== undefined)) return undefined;
    const rows = mapParts(map, scope, (data) =>
      addressMap === undefined ? dnatTo(undefined, data, family) : dnatOfData(data, family),
    );
    return rows === undefined ? undefined : [...needs, ...rows];
  }
  const action = dnatTo(addr, port, family);
  return action === undefined ? undefined : [...needs, action];
}

/** Of the translation itself, of its address, or of the table. */
function dnatFamily(dnat: JsonObject, scope: Scope): 4 | 6 | undefined {
  const family = textAt(dnat, 'family') ?? scope.family;
  if (family === 'ip') return 4;
  return family === 'ip6' ? 6 : undefined;
}

function dnatOfData(data: Json, family: 4 | 6 | undefined): Action | undefined {
  const [kind, parts] = only(data) ?? [];
  if (kind !== 'concat') return dnatTo(data, undefined, family);
  const [address, port, ...more] = listed(parts);
  return more.length > 0 ? undefined : dnatTo(address, port, family);
}

function dnatTo(
  address: Json | undefined,
  port: Json | undefined,
  family: 4 | 6 | undefined,
): Action | undefined {
  const ports = port === undefined ? undefined : portsOf(port);
  const to = address === undefined ? undefined : addressesOf(address, family);
  if ((port !== undefined && ports === undefined) || (address !== undefined && to === undefined)) {
    return undefined;
  }
  return {
    do: 'dnat',
    ...(to === undefined ? {} : { to }),
    ...(ports === undefined ? {} : { ports }),
  };
}

function addressesOf(value: Json, family: 4 | 6 | undefined): AddressRanges | undefined {
  const families = family === undefined ? ([4, 6] as const) : [family];
  for (const each of families) {
    const ranges = rangesIn(each, value);
    if (ranges !== undefined) return { family: each, ranges };
  }
  return undefined;
}

const PORT_KEY = {
  holds: 'number',
  field: 'destination-port',
  words: SERVICES,
  most: 0xffff,
  needs: [],
} as const satisfies CellKey;

function portsOf(value: Json): Ranges<number> | undefined {
  const cell = cellUnder(PORT_KEY, value);
  return cell !== undefined && cell !== 'any' && 'numbers' in cell ? cell.numbers : undefined;
}

function cellUnder(key: CellKey, value: Json): Cell | undefined {
  return rowOf([key], value)?.[0];
}

function mapOf(value: Json | undefined): JsonObject | undefined {
  const [kind, map] = value === undefined ? [] : (only(value) ?? []);
  return kind === 'map' && isObject(map) ? map : undefined;
}

/** A map of any data: one action per row. */
function mapParts(
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
  return 'do' in step && step.do === 'set-mark' && step.and === ALL && step.xor === 0;
}

function vmapParts(value: Json, scope: Scope): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  return mapParts(value, scope, (verdict) => verdictOf(verdict, scope));
}

/** Marks count; headers that no rule of ours looks at do not; rewritten addresses are not followed. */
function mangleParts(value: Json, scope: Scope): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  const [kind, key] = only(value['key'] ?? null) ?? [];
  if (kind === undefined || !isObject(key)) return undefined;
  if (kind === 'meta' || kind === 'ct')
    return setParts(kind, textAt(key, 'key') ?? '', value['value'] ?? null, scope);
  if (kind === 'tcp option' || kind === 'exthdr' || kind === 'ip option') return [];
  if (kind !== 'payload') return undefined;
  return HARMLESS_HEADERS.has(textAt(key, 'field') ?? '') ? [] : undefined;
}

const HARMLESS_HEADERS = new Set(['dscp', 'ecn', 'ttl', 'hoplimit', 'id', 'checksum', 'flowlabel']);
const HARMLESS_KEYS = new Set([
  'meta priority',
  'meta nftrace',
  'meta secmark',
  'ct zone',
  'ct event',
  'ct label',
  'ct helper',
  'ct secmark',
]);

function setParts(
  kind: 'meta' | 'ct',
  key: string,
  value: Json,
  scope: Scope,
): readonly Part[] | undefined {
  if (HARMLESS_KEYS.has(`${kind} ${key}`)) return [];
  if (key !== 'mark') return undefined;
  const field = kind === 'meta' ? 'mark' : 'connection-mark';
  const map = mapOf(value);
  if (map !== undefined) return mapParts(map, scope, (data) => constantMark(field, data));
  const change = markChange(value);
  if (change === undefined) return undefined;
  const { from, and, xor } = change;
  const copied: Action[] =
    from === undefined || from === field ? [] : [{ do: 'copy-mark', to: field }];
  if (copied.length > 0 && and === ALL && xor === 0) return copied;
  return [...copied, { do: 'set-mark', field, and, xor }];
}

type MarkField = 'mark' | 'connection-mark';

function constantMark(field: MarkField, value: Json): Action | undefined {
  const change = markChange(value);
  if (change === undefined || change.from !== undefined) return undefined;
  return { do: 'set-mark', field, and: change.and, xor: change.xor };
}

/** new = (from & and) ^ xor; without `from` a constant. */
interface MarkChange {
  readonly from?: MarkField;
  readonly and: number;
  readonly xor: number;
}

const ALL = 0xffff_ffff;

function markChange(value: Json): MarkChange | undefined {
  if (typeof value === 'number') return { and: 0, xor: value >>> 0 };
  const [kind, inner] = only(value) ?? [];
  if (kind === undefined || inner === undefined) return undefined;
  if (kind === 'meta' || kind === 'ct') {
    if (!isObject(inner) || inner['key'] !== 'mark') return undefined;
    return { from: kind === 'meta' ? 'mark' : 'connection-mark', and: ALL, xor: 0 };
  }
  const [left, right] = listed(inner);
  const base = left === undefined ? undefined : markChange(left);
  if (base === undefined || typeof right !== 'number') return undefined;
  if (kind === '&')
    return { ...base, and: (base.and & right) >>> 0, xor: (base.xor & right) >>> 0 };
  if (kind === '^') return { ...base, xor: (base.xor ^ right) >>> 0 };
  if (kind !== '|') return undefined;
  return { ...base, and: (base.and & ~right) >>> 0, xor: (base.xor | right) >>> 0 };
}

/** Extensions of iptables in a table of iptables-nft: JSON gives their name and not what they hold. */
function xtParts(value: Json): readonly Part[] | undefined {
  if (!isObject(value)) return undefined;
  const name = textAt(value, 'name') ?? '';
  if (value['type'] === 'match') {
    return name === 'comment' ? [] : [{ test: 'opaque', text: `xt match "${name}"` }];
  }
  if (value['type'] !== 'target') return undefined;
  if (name === 'MASQUERADE' || name === 'SNAT') return [{ do: 'snat' }];
  return XT_WITHOUT_EFFECT.has(name) ? [] : undefined;
}

const XT_WITHOUT_EFFECT = new Set(['LOG', 'NFLOG', 'TRACE', 'TCPMSS', 'CHECKSUM', 'DSCP', 'TOS']);

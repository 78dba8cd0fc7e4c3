import { addressValue } from '../../address-value.ts';
import type { AddressRanges, Cell, Family, Field } from '../../layer.ts';
import { type Ranges, rangesOf, union } from '../../ranges.ts';
import { blockOf } from './address.ts';
import type { Key } from './field.ts';
import { isObject, type Json, listed, only } from './json.ts';

/** A key that a row of a tuple or map can hold. */
export type CellKey = Exclude<Key, { readonly holds: 'tcp-flags' }>;

export function fieldOf(key: CellKey): Field {
  return key.holds === 'family' ? 'family' : key.field;
}

/** An element without its comment, counter and timeout. */
export function bare(element: Json): Json {
  const [kind, value] = only(element) ?? [];
  if (kind !== 'elem' || !isObject(value)) return element;
  return value['val'] ?? null;
}

/** What one element holds under this key; undefined when it was not understood. */
export function cellOf(key: CellKey, element: Json): Cell | undefined {
  const value = bare(element);
  if (value === '*') return 'any';
  if (key.holds === 'number') {
    const numbers = numbersOf(key, value);
    return numbers === undefined ? undefined : { numbers };
  }
  if (key.holds === 'address') {
    const ranges = rangesIn(key.family, value);
    return ranges === undefined ? undefined : { addresses: { family: key.family, ranges } };
  }
  if (key.holds === 'family') {
    const family = familyOf(value);
    if (family === undefined) return undefined;
    return family === 0 ? { names: [] } : { numbers: [family, family + 1] };
  }
  const name = nameOf(key, value);
  return name === undefined ? undefined : { names: [name] };
}

/** All elements as one cell. A set that holds an element which was not understood is not understood. */
export function cellOfAll(key: CellKey, elements: readonly Json[]): Cell | undefined {
  const cells: Exclude<Cell, 'any'>[] = [];
  for (const element of elements) {
    const cell = cellOf(key, element);
    if (cell === undefined || cell === 'any') return cell;
    cells.push(cell);
  }
  return joined(key, cells);
}

function joined(key: CellKey, cells: readonly Exclude<Cell, 'any'>[]): Cell {
  if (key.holds === 'name') {
    return { names: [...new Set(cells.flatMap((cell) => ('names' in cell ? cell.names : [])))] };
  }
  if (key.holds !== 'address') {
    return {
      numbers: joinedRanges(
        cells.map((cell) => ('numbers' in cell ? cell.numbers : [])),
        1,
      ),
    };
  }
  const ranges = cells.map((cell) => ('addresses' in cell ? cell.addresses.ranges : []));
  return { addresses: { family: key.family, ranges: joinedRanges(ranges, 1n) } };
}

/** Sorted once: a set may hold a hundred thousand. */
function joinedRanges<T extends number | bigint>(all: readonly Ranges<T>[], one: T): Ranges<T> {
  const pairs: (readonly [T, T])[] = [];
  for (const ranges of all) {
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      pairs.push([ranges[at] as T, ((ranges[at + 1] as number) - (one as number)) as T]);
    }
  }
  return rangesOf(pairs, one);
}

type NumberKey = Extract<Key, { readonly holds: 'number' }>;

export function numberOf(key: NumberKey, value: Json): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  if (Object.hasOwn(key.words, value)) return key.words[value];
  return /^(?:\d{1,10}|0x[\da-f]{1,8})$/i.test(value) ? Number(value) : undefined;
}

function numbersOf(key: NumberKey, value: Json): Ranges<number> | undefined {
  const [kind, ends] = only(value) ?? [];
  const [first, last] = kind === 'range' ? listed(ends) : [value, value];
  const from = numberOf(key, first ?? null);
  const to = numberOf(key, last ?? null);
  if (from === undefined || to === undefined || to < from) return undefined;
  return [from, to + 1];
}

/** An address, block or range of this family. */
export function rangesIn(family: Family, value: Json): Ranges<bigint> | undefined {
  const ends = endsOf(family, value);
  const [first = null, last = null] = ends ?? [];
  return first === null || last === null || last < first ? undefined : [first, last + 1n];
}

function endsOf(family: Family, value: Json): readonly [bigint | null, bigint | null] | null {
  if (typeof value === 'string') {
    const address = addressValue(value, family);
    return [address, address];
  }
  const [kind, inner] = only(value) ?? [];
  if (kind === 'range') {
    const [first, last] = listed(inner);
    if (typeof first !== 'string' || typeof last !== 'string') return null;
    return [addressValue(first, family), addressValue(last, family)];
  }
  if (kind !== 'prefix' || !isObject(inner)) return null;
  const { addr, len } = inner;
  if (typeof addr !== 'string' || typeof len !== 'number') return null;
  return blockOf(addr, len, family);
}

const FAMILIES: Readonly<Record<string, Family>> = {
  ipv4: 4,
  ipv6: 6,
  ip: 4,
  ip6: 6,
};

/** 0 stands for what is neither IPv4 nor IPv6: ARP, for one. */
function familyOf(value: Json): Family | 0 | undefined {
  if (typeof value !== 'string') return undefined;
  return Object.hasOwn(FAMILIES, value) ? FAMILIES[value] : 0;
}

/** Only these are told of a connection; what nft says of others is not known. */
const STATUSES = new Set(['dnat', 'snat']);
const STATES = new Set(['new', 'established', 'related', 'invalid', 'untracked']);

function nameOf(key: Extract<Key, { readonly holds: 'name' }>, value: Json): string | undefined {
  if (typeof value !== 'string' || value.includes('\\')) return undefined;
  if (key.field === 'status') return STATUSES.has(value) ? value : undefined;
  if (key.field === 'state') return STATES.has(value) ? value : undefined;
  if (key.field === 'packet-type' && value === 'unicast') return 'host';
  return value;
}

/** All addresses of a family. */
export function everyAddress(family: Family): AddressRanges {
  return { family, ranges: [0n, 1n << (family === 4 ? 32n : 128n)] };
}

export function unionOf(cells: readonly AddressRanges[]): Ranges<bigint> {
  return cells.reduce<Ranges<bigint>>((all, { ranges }) => union(all, ranges), []);
}

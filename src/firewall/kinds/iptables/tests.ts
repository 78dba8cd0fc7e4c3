import type { AddressField, AddressRanges, NameField, NumberField, Test } from '../../layer.ts';
import { type Ranges, rangesOf } from '../../ranges.ts';
import { MAX_PORT, opaqueTest } from '../../steps.ts';

export const ALL_BITS = 0xffff_ffff;

type TupleTest = Extract<Test, { test: 'tuple' }>;

/** Ways to match that exclude one another: a rule for each. */
export interface Either {
  readonly either: readonly (readonly Test[])[];
}

/** What a match is made of. */
export type Piece = Test | Either;

/** A test that always holds is none. */
export const ALWAYS: readonly Test[] = [];
export const NEVER: readonly Test[] = [{ test: 'never' }];
/** Waits for fragments or extension headers. */
export const ODD: readonly Test[] = [{ test: 'never', odd: true }];

/** `not` is left out where it is false. */
function negation(not: boolean): { readonly not?: true } {
  return not ? { not } : {};
}

export function opaque(text: string): readonly Test[] {
  return [opaqueTest(text)];
}

export function numbers(field: NumberField, values: Ranges<number>, not = false): readonly Test[] {
  return [{ test: 'number', field, in: values, ...negation(not) }];
}

export function one(value: number): Ranges<number> {
  return [value, value + 1];
}

export function masked(
  field: 'mark' | 'connection-mark',
  value: number,
  mask: number,
  not: boolean,
): readonly Test[] {
  const part = mask === ALL_BITS ? {} : { mask };
  return [{ test: 'number', field, ...part, in: one(value), ...negation(not) }];
}

export function addresses(
  field: AddressField,
  values: AddressRanges,
  not: boolean,
): readonly Test[] {
  return [{ test: 'address', field, in: values, ...negation(not) }];
}

export function names(field: NameField, values: readonly string[], not: boolean): readonly Test[] {
  return [{ test: 'name', field, in: values, ...negation(not) }];
}

export function limit(over: boolean, text: string): readonly Test[] {
  return [{ test: 'limit', over, text }];
}

export function tuple(
  fields: TupleTest['fields'],
  rows: TupleTest['rows'],
  not: boolean,
): readonly Test[] {
  return [{ test: 'tuple', fields, rows, ...negation(not) }];
}

/** `22`, `1024:65535`, `:1023`, `1024:`; null for anything else, names of services too. */
export function portPair(text: string): readonly [number, number] | null {
  const [, first, colon, last] = /^(\d{0,5})(:?)(\d{0,5})$/.exec(text) ?? [];
  if (first === undefined || (first === '' && colon === '')) return null;
  const from = first === '' ? 0 : Number(first);
  const to = colon === '' ? from : last === '' ? MAX_PORT : Number(last);
  return from <= to && to <= MAX_PORT ? [from, to] : null;
}

/** Ports and ranges apart by commas; null when one is none. */
export function portList(text: string): Ranges<number> | null {
  const pairs = text.split(',').map(portPair);
  return pairs.every((pair) => pair !== null) ? rangesOf(pairs, 1) : null;
}

/** Most ways that one rule is written out in. */
const MOST_WAYS = 8;

/** The tests of each way to match; beyond a bound what else there is becomes opaque. */
export function waysOf(pieces: readonly Piece[]): readonly (readonly Test[])[] {
  let ways: Test[][] = [[]];
  for (const piece of pieces) {
    if ('test' in piece) for (const way of ways) way.push(piece);
    else if (ways.length * piece.either.length > MOST_WAYS) {
      for (const way of ways) way.push(...opaque('one of many ways'));
    } else ways = ways.flatMap((way) => piece.either.map((tests) => [...way, ...tests]));
  }
  return ways;
}

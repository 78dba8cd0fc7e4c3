import type { Family } from './layer.ts';
import { difference, includes, intersection, type Ranges } from './ranges.ts';

/** All combinations of five sets: what a question, a parcel and an answer's part are made of. */
export interface Box {
  readonly source: Ranges<bigint>;
  readonly destination: Ranges<bigint>;
  readonly sourcePort: Ranges<number>;
  readonly destinationPort: Ranges<number>;
  readonly inDevice: readonly string[];
}

export const FULL_PORTS: Ranges<number> = [0, 65_536];
const FULL_ADDRESSES = { 4: [0n, 1n << 32n], 6: [0n, 1n << 128n] } as const;

export function fullAddresses(family: Family): Ranges<bigint> {
  return FULL_ADDRESSES[family];
}

/** Ranges with this many bounds or fewer are cut out by halving and copying instead of merging. */
const FEW_BOUNDS = 8;

/** What of a set lies in `ranges`, and what not. */
interface Cut<T extends number | bigint> {
  readonly inside: Ranges<T>;
  readonly outside: Ranges<T>;
}

const NOTHING: readonly never[] = [];

/** How many bounds of a set are at or below a value. */
function boundsUpTo<T extends number | bigint>(set: Ranges<T>, value: T): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle] as T) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function boundsBelow<T extends number | bigint>(set: Ranges<T>, value: T): number {
  const upTo = boundsUpTo(set, value);
  return upTo > 0 && set[upTo - 1] === value ? upTo - 1 : upTo;
}

/** Whether the run from `first` up to `end` has anything of a set. */
function touches<T extends number | bigint>(set: Ranges<T>, first: T, end: T): boolean {
  const before = boundsUpTo(set, first);
  return before % 2 === 1 || (before < set.length && (set[before] as T) < end);
}

export function overlaps<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): boolean {
  const [few, many] = a.length <= b.length ? [a, b] : [b, a];
  for (let at = 0; at < few.length; at += 2) {
    if (touches(many, few[at] as T, few[at + 1] as T)) return true;
  }
  return false;
}

function takeOut<T extends number | bigint>(set: Ranges<T>, first: T, end: T): Ranges<T> {
  const before = boundsBelow(set, first);
  const behind = boundsUpTo(set, end);
  const seam: T[] = [];
  if (before % 2 === 1) seam.push(first);
  if (behind % 2 === 1) seam.push(end);
  return set.slice(0, before).concat(seam, set.slice(behind));
}

function cutFew<T extends number | bigint>(set: Ranges<T>, ranges: Ranges<T>): Cut<T> {
  let inside: T[] = [];
  let outside = set;
  for (let at = 0; at < ranges.length; at += 2) {
    const first = ranges[at] as T;
    const end = ranges[at + 1] as T;
    if (!touches(set, first, end)) continue;
    const before = boundsUpTo(set, first);
    const behind = boundsBelow(set, end);
    if (before % 2 === 1) inside.push(first);
    inside = inside.concat(set.slice(before, behind));
    if (behind % 2 === 1) inside.push(end);
    outside = takeOut(outside, first, end);
  }
  return { inside, outside };
}

/** Cuts a set in two: same as `intersection` and `difference`, faster where `ranges` is short. */
export function cut<T extends number | bigint>(set: Ranges<T>, ranges: Ranges<T>): Cut<T> {
  if (isOne(set)) {
    const held = includes(ranges, set[0] as T);
    return held ? { inside: set, outside: NOTHING } : { inside: NOTHING, outside: set };
  }
  if (!overlaps(set, ranges)) return { inside: NOTHING, outside: set };
  if (ranges.length <= FEW_BOUNDS && set.length > FEW_BOUNDS) return cutFew(set, ranges);
  return { inside: intersection(set, ranges), outside: difference(set, ranges) };
}

/** Whether a set of numbers or addresses has exactly one. */
export function isOne<T extends number | bigint>(set: Ranges<T>): boolean {
  if (set.length !== 2) return false;
  const width = (set[1] as bigint) - (set[0] as bigint);
  return width === 1n || (width as unknown) === 1;
}

export function isEmpty(box: Box): boolean {
  return (
    box.source.length === 0 ||
    box.destination.length === 0 ||
    box.sourcePort.length === 0 ||
    box.destinationPort.length === 0 ||
    box.inDevice.length === 0
  );
}

const SIDES = ['source', 'destinationPort', 'sourcePort', 'destination', 'inDevice'] as const;
type Side = (typeof SIDES)[number];

/** The union of many sets at once. */
export function unionAll<T extends number | bigint>(sets: readonly Ranges<T>[]): Ranges<T> {
  const [first = [], ...more] = sets;
  if (more.length === 0) return first;
  const runs: [T, T][] = [];
  for (const set of sets) {
    for (let at = 0; at < set.length; at += 2) runs.push([set[at] as T, set[at + 1] as T]);
  }
  runs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const out: T[] = [];
  for (const [start, end] of runs) {
    const last = out[out.length - 1];
    if (last === undefined || start > last) out.push(start, end);
    else if (end > last) out[out.length - 1] = end;
  }
  return out;
}

function joinSide(boxes: readonly [Box, ...Box[]], side: Side): Box {
  const [first] = boxes;
  if (side === 'inDevice') {
    return { ...first, inDevice: [...new Set(boxes.flatMap((box) => box.inDevice))].sort() };
  }
  if (side === 'source' || side === 'destination') {
    return { ...first, [side]: unionAll(boxes.map((box) => box[side])) };
  }
  return { ...first, [side]: unionAll(boxes.map((box) => box[side])) };
}

/** Numbers sets by what they hold: long sets are compared once, not for each side and round. */
class SetNumbers {
  readonly #byText = new Map<string, number>();
  readonly #bySet = new Map<unknown, number>();

  of(set: readonly (number | bigint | string)[]): number {
    const known = this.#bySet.get(set);
    if (known !== undefined) return known;
    const text = set.join();
    const number = this.#byText.get(text) ?? this.#byText.size;
    this.#byText.set(text, number);
    this.#bySet.set(set, number);
    return number;
  }
}

function joinAlong(boxes: readonly Box[], side: Side, numbers: SetNumbers): readonly Box[] {
  const others = SIDES.filter((other) => other !== side);
  const byRest = new Map<string, [Box, ...Box[]]>();
  for (const box of boxes) {
    const rest = others.map((other) => numbers.of(box[other])).join();
    const same = byRest.get(rest);
    if (same === undefined) byRest.set(rest, [box]);
    else same.push(box);
  }
  return [...byRest.values()].map((same) => (same.length === 1 ? same[0] : joinSide(same, side)));
}

/** The same packets in fewer boxes, where two differ in one set only. Not always the fewest. */
export function joinBoxes(boxes: readonly Box[]): readonly Box[] {
  const numbers = new SetNumbers();
  let joined = boxes;
  for (;;) {
    const before = joined.length;
    if (before < 2) return joined;
    for (const side of SIDES) joined = joinAlong(joined, side, numbers);
    if (joined.length === before) return joined;
  }
}

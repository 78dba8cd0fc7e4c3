/**
 * A set of integers as a flat sorted list of half-open ranges: `[22, 23, 80, 82]` is 22, 80 and 81.
 * Ranges neither overlap nor touch. Numbers hold ports, protocols and marks; bigints hold addresses.
 */
export type Ranges<T extends number | bigint> = readonly T[];

function merge<T extends number | bigint>(
  a: Ranges<T>,
  b: Ranges<T>,
  keep: (inA: boolean, inB: boolean) => boolean,
): Ranges<T> {
  const out: T[] = [];
  let i = 0;
  let j = 0;
  let inside = false;
  while (i < a.length || j < b.length) {
    const nextA = a[i];
    const nextB = b[j];
    const at = nextB === undefined || (nextA !== undefined && nextA <= nextB) ? nextA : nextB;
    if (at === undefined) break;
    if (nextA === at) i += 1;
    if (nextB === at) j += 1;
    // An odd count of bounds passed means that we are between a first and an end.
    const now = keep(i % 2 === 1, j % 2 === 1);
    if (now !== inside) out.push(at);
    inside = now;
  }
  return out;
}

export function union<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): Ranges<T> {
  return merge(a, b, (inA, inB) => inA || inB);
}

export function intersection<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): Ranges<T> {
  return merge(a, b, (inA, inB) => inA && inB);
}

/** What is in `a` and not in `b`. */
export function difference<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): Ranges<T> {
  return merge(a, b, (inA, inB) => inA && !inB);
}

/** Whether `value` is in the set; by halving. */
export function includes<T extends number | bigint>(ranges: Ranges<T>, value: T): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as T) <= value) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

export function equalRanges<T extends number | bigint>(a: Ranges<T>, b: Ranges<T>): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((bound, at) => bound === b[at]);
}

/** Ranges of pairs with both ends included, in any order, overlapping or not. */
export function rangesOf<T extends number | bigint>(
  pairs: readonly (readonly [T, T])[],
  one: T,
): Ranges<T> {
  const sorted = pairs.filter(([first, last]) => first <= last);
  sorted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const out: T[] = [];
  for (const [first, last] of sorted) {
    const end = ((last as number) + (one as number)) as T;
    const previous = out[out.length - 1];
    if (previous !== undefined && first <= previous) {
      if (end > previous) out[out.length - 1] = end;
      continue;
    }
    out.push(first, end);
  }
  return out;
}

/** How many numbers a set has. */
export function width(ranges: Ranges<number>): number {
  return ranges.reduce((sum, bound, at) => sum + (at % 2 === 0 ? -bound : bound), 0);
}

/** The ranges as pairs with both ends included. */
export function pairsOf<T extends number | bigint>(ranges: Ranges<T>, one: T): [T, T][] {
  const pairs: [T, T][] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    const end = ranges[at + 1] as T;
    pairs.push([ranges[at] as T, ((end as number) - (one as number)) as T]);
  }
  return pairs;
}

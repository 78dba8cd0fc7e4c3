/** Values from `start` up to but without `end`; half-open so that neighbours share a bound. */
export interface Span<T extends number | bigint> {
  readonly start: T;
  readonly end: T;
}

/** Sorted, merged spans with binary search; does not change once made. */
export class IntervalTable<T extends number | bigint> {
  readonly #starts: readonly T[];
  readonly #ends: readonly T[];

  private constructor(starts: readonly T[], ends: readonly T[]) {
    this.#starts = starts;
    this.#ends = ends;
  }

  /** Spans in any order, overlapping or not. Empty ones are left out. */
  static of<T extends number | bigint>(spans: readonly Span<T>[]): IntervalTable<T> {
    const sorted = spans.filter((span) => span.start < span.end);
    sorted.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    return IntervalTable.#merged(sorted);
  }

  /** One table with everything in `a` or `b`. Linear in both. */
  static union<T extends number | bigint>(
    a: IntervalTable<T>,
    b: IntervalTable<T>,
  ): IntervalTable<T> {
    return IntervalTable.#merged(interleave(a.spans(), b.spans()));
  }

  static #merged<T extends number | bigint>(sorted: Iterable<Span<T>>): IntervalTable<T> {
    const starts: T[] = [];
    const ends: T[] = [];
    for (const span of sorted) {
      const last = ends.at(-1);
      if (last === undefined || last < span.start) {
        starts.push(span.start);
        ends.push(span.end);
      } else if (last < span.end) {
        ends[ends.length - 1] = span.end;
      }
    }
    return new IntervalTable(starts, ends);
  }

  /** Number of spans after merging. */
  get size(): number {
    return this.#starts.length;
  }

  *spans(): Generator<Span<T>> {
    for (let index = 0; index < this.size; index += 1) yield this.#span(index);
  }

  has(value: T): boolean {
    const start = this.#starts[this.#firstEndingAfter(value)];
    return start !== undefined && start <= value;
  }

  /** Whether any value of `span` is in the table. */
  touches(span: Span<T>): boolean {
    const start = this.#starts[this.#firstEndingAfter(span.start)];
    return start !== undefined && start < span.end;
  }

  /** What of `span` this table does not hold, in order. */
  without(span: Span<T>): Span<T>[] {
    const left: Span<T>[] = [];
    let from = span.start;
    for (let index = this.#firstEndingAfter(from); index < this.size; index += 1) {
      const taken = this.#span(index);
      if (taken.start >= span.end) break;
      if (from < taken.start) left.push({ start: from, end: taken.start });
      from = taken.end;
    }
    if (from < span.end) left.push({ start: from, end: span.end });
    return left;
  }

  #span(index: number): Span<T> {
    return { start: this.#starts[index] as T, end: this.#ends[index] as T };
  }

  #firstEndingAfter(value: T): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] as T) > value) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function* interleave<T extends number | bigint>(
  a: Generator<Span<T>>,
  b: Generator<Span<T>>,
): Generator<Span<T>> {
  let left = a.next();
  let right = b.next();
  while (left.done !== true || right.done !== true) {
    if (right.done === true || (left.done !== true && left.value.start <= right.value.start)) {
      yield left.value as Span<T>;
      left = a.next();
    } else {
      yield right.value;
      right = b.next();
    }
  }
}

/**
 * A set of spans that grows. It keeps tables of doubling sizes and merges neighbours of like size,
 * so that a million additions in any order cost n log n and two numbers each, and a look-up asks at
 * most log n tables.
 */
export class SpanSet<T extends number | bigint> {
  readonly #tables: IntervalTable<T>[] = [];

  add(spans: readonly Span<T>[]): void {
    if (spans.length === 0) return;
    let table = IntervalTable.of(spans);
    for (let last = this.#tables.at(-1); last !== undefined; last = this.#tables.at(-1)) {
      if (last.size > 2 * table.size) break;
      table = IntervalTable.union(last, table);
      this.#tables.pop();
    }
    this.#tables.push(table);
  }

  has(value: T): boolean {
    return this.#tables.some((table) => table.has(value));
  }

  /** What of `spans` this set does not hold. */
  without(spans: readonly Span<T>[]): readonly Span<T>[] {
    let left = spans;
    for (const table of this.#tables) {
      if (!left.some((span) => table.touches(span))) continue;
      left = left.flatMap((span) => table.without(span));
    }
    return left;
  }
}

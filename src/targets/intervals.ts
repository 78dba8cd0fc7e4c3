/** Values from `start` up to but without `end`; half-open so that neighbours share a bound. */
export interface Span<T extends number | bigint> {
  readonly start: T;
  readonly end: T;
}

/** A column of bounds: eight bytes each for numbers. */
interface Column<T> {
  readonly length: number;
  [index: number]: T;
  slice(from: number, to: number): Column<T>;
}

function columnLike<T extends number | bigint>(sample: T | undefined, length: number): Column<T> {
  const made = typeof sample === 'number' ? new Float64Array(length) : Array.from<T>({ length });
  return made as unknown as Column<T>;
}

/** Sorted, merged spans with binary search; does not change once made. */
export class IntervalTable<T extends number | bigint> {
  readonly #starts: Column<T>;
  readonly #ends: Column<T>;
  /** Number of spans after merging. */
  readonly size: number;

  private constructor({ starts, ends, size }: Merger<T>) {
    this.#starts = starts.length === size ? starts : starts.slice(0, size);
    this.#ends = ends.length === size ? ends : ends.slice(0, size);
    this.size = size;
  }

  /** Spans in any order, overlapping or not. Empty ones are left out. */
  static of<T extends number | bigint>(spans: readonly Span<T>[]): IntervalTable<T> {
    const sorted = spans.filter((span) => span.start < span.end);
    sorted.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    const merger = new Merger(sorted[0]?.start, sorted.length);
    for (const { start, end } of sorted) merger.append(start, end);
    return new IntervalTable(merger);
  }

  /** One table with everything in `a` or `b`. Linear in both. */
  static union<T extends number | bigint>(
    a: IntervalTable<T>,
    b: IntervalTable<T>,
  ): IntervalTable<T> {
    const merger = new Merger(a.#starts[0] ?? b.#starts[0], a.size + b.size);
    let left = 0;
    let right = 0;
    while (left < a.size || right < b.size) {
      const fromA =
        right === b.size || (left < a.size && (a.#starts[left] as T) <= (b.#starts[right] as T));
      if (fromA) merger.append(a.#starts[left] as T, a.#ends[left] as T);
      else merger.append(b.#starts[right] as T, b.#ends[right] as T);
      if (fromA) left += 1;
      else right += 1;
    }
    return new IntervalTable(merger);
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

/** Puts spans that come in order of their starts into columns and joins those that touch. */
class Merger<T extends number | bigint> {
  readonly starts: Column<T>;
  readonly ends: Column<T>;
  size = 0;

  /** Room for `most` spans of the kind of `sample`. */
  constructor(sample: T | undefined, most: number) {
    this.starts = columnLike(sample, most);
    this.ends = columnLike(sample, most);
  }

  append(start: T, end: T): void {
    const last = this.ends[this.size - 1];
    if (this.size === 0 || (last as T) < start) {
      this.starts[this.size] = start;
      this.ends[this.size] = end;
      this.size += 1;
    } else if ((last as T) < end) {
      this.ends[this.size - 1] = end;
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

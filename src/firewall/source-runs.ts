import { unionAll } from './boxes.ts';
import type { Family, Step } from './layer.ts';
import type { Ranges } from './ranges.ts';

/*
 * Blocklists are thousands of rules that differ in their source only. Asked one after the other each
 * would copy what the ones before left over; as a run they are asked at once: which rule is the first
 * for which addresses is worked out when the chain is first walked.
 */

/** Addresses of which one rule of a run is the first to match. */
export interface Segment {
  readonly source: Ranges<bigint>;
  readonly at: number;
}

/** Rules one after the other that differ in their source only. */
export interface SourceRun {
  /** Position of the first rule, and of the first one behind the run. */
  readonly first: number;
  readonly end: number;
  /** Step of the source test, the same in all. */
  readonly step: number;
  readonly family: Family;
  readonly segments: readonly Segment[];
  readonly all: Ranges<bigint>;
}

/** Fewer rules are not worth it. */
const SHORTEST = 8;
/** After these a packet does not come to the next rule of the run. */
const LEAVING = new Set(['accept', 'drop', 'reject', 'return']);

interface Shape {
  readonly others: readonly Step[];
  readonly ending: string;
  readonly step: number;
  readonly family: Family;
  readonly source: Ranges<bigint>;
}

/** Whether two tests, or parts of them, say the same. */
function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const values = Object.entries(a);
  if (values.length !== Object.keys(b).length) return false;
  return values.every(([key, value]) => isAlike(value, (b as Record<string, unknown>)[key]));
}

function isSameRun(a: Shape, b: Shape): boolean {
  if (a.step !== b.step || a.family !== b.family || a.ending !== b.ending) return false;
  return isAlike(a.others, b.others);
}

function shapeOf(steps: readonly Step[]): Shape | undefined {
  const last = steps.at(-1);
  if (last === undefined || 'test' in last || !LEAVING.has(last.do)) return undefined;
  const step = steps.length - 2;
  const test = steps[step];
  if (test === undefined || 'do' in test || test.test !== 'address') return undefined;
  if (test.field !== 'source' || test.not === true) return undefined;
  const others = steps.slice(0, step);
  if (others.some((other) => 'do' in other)) return undefined;
  const { family, ranges } = test.in;
  return { others, ending: last.do, step, family, source: ranges };
}

interface Bound {
  readonly value: bigint;
  readonly at: number;
}

/** A heap of positions, the least on top. */
class Least {
  readonly #heap: number[] = [];

  get top(): number | undefined {
    return this.#heap[0];
  }

  push(value: number): void {
    const heap = this.#heap;
    let at = heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= (heap[at] as number)) return;
      [heap[parent], heap[at]] = [heap[at] as number, heap[parent] as number];
      at = parent;
    }
  }

  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = at * 2 + 1;
      const right = left + 1;
      if (left >= heap.length) return;
      const child =
        right < heap.length && (heap[right] as number) < (heap[left] as number) ? right : left;
      if ((heap[at] as number) <= (heap[child] as number)) return;
      [heap[child], heap[at]] = [heap[at] as number, heap[child] as number];
      at = child;
    }
  }
}

/** Sweeps over all bounds; of the rules that hold at a place the first one has it. */
function segmentsOf(shapes: readonly Shape[], first: number): readonly Segment[] {
  const bounds: Bound[] = shapes.flatMap(({ source }, index) =>
    source.map((value) => ({ value, at: first + index })),
  );
  bounds.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const open = new Set<number>();
  const least = new Least();
  const bySet: Segment[] = [];
  bounds.forEach(({ value, at }, index) => {
    if (open.delete(at)) dropClosed(least, open);
    else {
      open.add(at);
      least.push(at);
    }
    const next = bounds[index + 1]?.value;
    const owner = least.top;
    if (owner === undefined || next === undefined || next === value) return;
    bySet.push({ source: [value, next], at: owner });
  });
  return bySet;
}

function dropClosed(least: Least, open: ReadonlySet<number>): void {
  while (least.top !== undefined && !open.has(least.top)) least.pop();
}

function runOf(shapes: readonly Shape[], first: number): SourceRun | undefined {
  const [one] = shapes;
  if (one === undefined || shapes.length < SHORTEST) return undefined;
  const all = unionAll(shapes.map(({ source }) => source));
  return {
    first,
    end: first + shapes.length,
    step: one.step,
    family: one.family,
    // which rule let a packet go back is told nowhere, so that all of them are one
    segments: one.ending === 'return' ? [{ source: all, at: first }] : segmentsOf(shapes, first),
    all,
  };
}

/** Runs by the position of their first rule. */
export function sourceRuns(rules: readonly (readonly Step[])[]): ReadonlyMap<number, SourceRun> {
  const runs = new Map<number, SourceRun>();
  let shapes: Shape[] = [];
  const finish = (end: number) => {
    const run = runOf(shapes, end - shapes.length);
    if (run !== undefined) runs.set(run.first, run);
    shapes = [];
  };
  rules.forEach((steps, at) => {
    const shape = shapeOf(steps);
    const [first] = shapes;
    if (shape === undefined || first === undefined || !isSameRun(first, shape)) finish(at);
    if (shape !== undefined) shapes.push(shape);
  });
  finish(rules.length);
  return runs;
}

import type { Test } from './layer.ts';
import { opaqueTest } from './steps.ts';

/**
 * Ways in which a condition can hold: any of them does, each being tests that must all hold. One way
 * without tests holds always, no way never.
 */
export type Ways = readonly (readonly Test[])[];

export const ALWAYS: Ways = [[]];

/** Beyond this a rule's lists of unclear members are taken as one unclear condition. */
const MOST_WAYS = 64;

export function opaqueWay(key: string, value: string): readonly Test[] {
  return [opaqueTest(`${key}=${value}`)];
}

function isOpaque({ test }: Test): boolean {
  return test === 'opaque';
}

/** What an exact test rules out is known, whatever the opaque ones say. */
export function exactFirst(tests: readonly Test[]): readonly Test[] {
  return [...tests.filter((test) => !isOpaque(test)), ...tests.filter(isOpaque)];
}

/** The ways in which all conditions hold at once. */
export function allOf(conditions: readonly Ways[]): Ways {
  let ways: Test[][] = [[]];
  for (const condition of conditions) {
    if (condition === ALWAYS) continue;
    const room = ways.length * condition.length <= MOST_WAYS;
    const next = room ? condition : [[opaqueTest('a list with many unclear members')]];
    const [only, ...more] = next;
    // in its place: a rule may have a condition for each of its thousands of words
    if (only !== undefined && more.length === 0) for (const way of ways) way.push(...only);
    else ways = ways.flatMap((left) => next.map((right) => [...left, ...right]));
  }
  return ways.map(exactFirst);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf } from '../../../test/helpers/simulated-scan.ts';
import type { Limit } from '../engine.ts';
import { Ceilings } from './ceilings.ts';
import { wordsOf } from './hosts.ts';

/** Asks at each of `times`, in turn for each of `addresses`; the times at which each was admitted. */
function admitted(perHost: Limit, addresses: readonly string[], times: readonly number[]) {
  const ceilings = new Ceilings(perHost);
  const block = blockOf(addresses, [1]);
  const words = wordsOf(block);
  const all = addresses.map((): number[] => []);
  for (const now of times) {
    ceilings.advance(now);
    for (let host = 0; host < block.count; host++) {
      if (ceilings.admit(words, host * 4, block.families[host] === 4)) all[host]?.push(now);
    }
  }
  return all;
}

function mostInASecond(times: readonly number[]): number {
  const counts = times.map((from) => times.filter((at) => at >= from && at < from + 1000).length);
  return Math.max(0, ...counts);
}

/** Each millisecond of so many seconds. */
function milliseconds(seconds: number): number[] {
  return Array.from({ length: seconds * 1000 }, (_, at) => 5000 + at);
}

describe('Ceilings', () => {
  it('admit no more than the ceiling in any second, however they are asked', () => {
    const gaps = fc.array(fc.oneof(fc.nat(3), fc.nat(400), fc.constant(950)), { maxLength: 800 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), gaps, (perHost, all) => {
        let now = 0;
        const times = all.map((gap) => (now += gap));
        const [one = []] = admitted(perHost, ['192.0.2.1'], times);
        expect(mostInASecond(one)).toBeLessThanOrEqual(perHost);
      }),
      { numRuns: 200 },
    );
  });

  it.each([1, 2, 7, 10, 19, 100, 999])(
    'admit 94 %% of %i per second in the long run',
    (perHost) => {
      const [one = []] = admitted(perHost, ['192.0.2.1'], milliseconds(20));
      expect(one.length).toBeGreaterThanOrEqual(perHost * 20 * 0.94);
      expect(mostInASecond(one)).toBeLessThanOrEqual(perHost);
    },
  );

  it.each([
    ['/24', '192.0.2.', '192.0.3.'],
    ['/48', '2001:db8:1::', '2001:db8:2::'],
  ])('admit eight times as many to a %s', (_, here, there) => {
    const hosts = Array.from({ length: 20 }, (__, at) => `${here}${at + 1}`);
    const all = admitted(50, [...hosts, `${there}1`], milliseconds(3));
    const network = all
      .slice(0, 20)
      .flat()
      .toSorted((a, b) => a - b);
    expect(mostInASecond(network)).toBeLessThanOrEqual(400);
    expect(network.length).toBeGreaterThanOrEqual(400 * 3 * 0.94);
    expect(all.at(-1)?.length).toBeGreaterThanOrEqual(50 * 3 * 0.94);
  });

  it('admit all without a ceiling', () => {
    expect(admitted('max', ['192.0.2.1'], Array<number>(5000).fill(7))[0]).toHaveLength(5000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mix } from './connect/permute.ts';
import { type AnswerCounts, estimateLoss } from './loss-estimate.ts';

/** Numbers from 0 to under 1, the same ones for the same seed. */
function chances(seed: number): () => number {
  let at = seed;
  return () => mix((at = (at + 0x9e3779b9) | 0)) / 2 ** 32;
}

type Chance = () => number;

/** How many of `count` happen at chance `p`: by the gaps between them, and far out by the normal limit. */
function happening(count: number, p: number, chance: Chance): number {
  if (p > 0.5) return count - happening(count, 1 - p, chance);
  if (count * p > 5000) {
    const angle = 2 * Math.PI * chance();
    const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(angle);
    return Math.round(count * p + normal * Math.sqrt(count * p * (1 - p)));
  }
  let happened = 0;
  for (let at = 0; ; happened++) {
    at += 1 + Math.floor(Math.log(1 - chance()) / Math.log1p(-p));
    if (at > count) return happened;
  }
}

/** Ports by the attempt that got through, and those that none did. */
function asked(count: number, loss: number, attempts: number, chance: Chance) {
  const answered: number[] = [];
  let silent = count;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const lost = happening(silent, loss, chance);
    answered.push(silent - lost);
    silent = lost;
  }
  return { answered, missed: silent };
}

interface World {
  readonly open: number;
  readonly loss: number;
  readonly attempts: number;
  /** Closed ports that answer too, whose answers nobody repeats: they lose more. */
  readonly closed: number;
}

/** Share of `scans` of this world whose interval held the true number missed; and the mean error. */
function judged({ open, loss, attempts, closed }: World, scans: number, chance: Chance) {
  let held = 0;
  let error = 0;
  for (let scan = 0; scan < scans; scan++) {
    const { answered, missed } = asked(open, loss, attempts, chance);
    const alike = asked(closed, 1 - (1 - loss) ** 2, attempts, chance).answered;
    const ports = [{ attempts, open: answered, closed: alike }];
    const witnesses = { asked: 1000, answered: 1000 - happening(1000, loss, chance) };
    const found = estimateLoss(attempts === 1 ? { ports, witnesses } : { ports });
    const [low, high] = found?.interval ?? [Number.NaN, Number.NaN];
    if (low <= missed && missed <= high) held += 1;
    error += ((found?.estimate ?? Number.NaN) - missed) / scans;
  }
  return { held: held / scans, error };
}

const OPEN = [50, 1000, 30_000, 800_000];
const LOSSES = [0.001, 0.01, 0.05, 0.1, 0.2];

describe('the number of open ports missed', () => {
  for (const attempts of [1, 2, 3, 4, 5, 6]) {
    for (const closed of [0, 3000]) {
      it(`lies in the interval in 95 % of scans with ${attempts} attempts and ${closed} closed ports`, () => {
        const chance = chances(attempts * 10_000 + closed);
        for (const open of OPEN) {
          for (const loss of LOSSES) {
            const { held } = judged({ open, loss, attempts, closed }, 250, chance);
            expect(held, `${open} open, ${loss} lost`).toBeGreaterThanOrEqual(0.95);
          }
        }
      });
    }
  }

  it('is on average what is estimated, within a few of a hundred', () => {
    const chance = chances(5);
    for (const attempts of [2, 3]) {
      const world = { open: 30_000, loss: 0.1, attempts, closed: 0 };
      const missed = world.open * world.loss ** attempts;
      expect(Math.abs(judged(world, 400, chance).error)).toBeLessThan(missed * 0.04);
    }
  });

  it('is stated closely when much is known', () => {
    const { answered } = asked(800_000, 0.05, 3, chances(9));
    const found = estimateLoss({ ports: [{ attempts: 3, open: answered }] });
    const [low, high] = found?.interval ?? [0, Number.POSITIVE_INFINITY];
    expect(high - low).toBeLessThan(60);
    expect(found?.probeLoss).toBeCloseTo(0.05, 2);
  });

  it('is none, and one at most, when every answer came at once', () => {
    expect(estimateLoss({ ports: [{ attempts: 2, open: [40, 0] }] })).toEqual({
      estimate: 0,
      interval: [0, 1],
      probeLoss: 0,
    });
    expect(estimateLoss({ ports: [{ attempts: 2, open: [800_000] }] })?.interval).toEqual([0, 0]);
  });

  it('is bounded by closed ports where few are open', () => {
    const few = { attempts: 2, open: [3, 0] };
    const alone = estimateLoss({ ports: [few] });
    const beside = estimateLoss({ ports: [{ ...few, closed: [60_000, 600] }] });
    expect(alone?.interval).toEqual([0, 1]);
    expect(beside?.interval).toEqual([0, 0]);
    expect(beside?.probeLoss).toBeCloseTo(0.01, 3);
  });

  it('is at most the number of ports that stayed silent', () => {
    const ports = [{ attempts: 2, open: [9000, 900] }];
    const free = estimateLoss({ ports });
    expect(estimateLoss({ ports, silent: 100_000 })).toEqual(free);
    expect(estimateLoss({ ports, silent: 0 })).toMatchObject({ estimate: 0, interval: [0, 0] });
    const bounded = estimateLoss({ ports, silent: 70 });
    expect(bounded?.interval[1]).toBe(70);
    expect(bounded?.interval[0]).toBeLessThan(70);
    expect(bounded?.interval[0]).toBeGreaterThan(50);
  });

  it('counts ports of hosts that were asked more often apart', () => {
    const twice = { attempts: 2, open: [9000, 900] };
    const often = { attempts: 4, open: [90_000, 9000, 900, 90] };
    const [low, high] = estimateLoss({ ports: [twice, often] })?.interval ?? [0, 0];
    expect(low).toBeGreaterThan(80);
    expect(high).toBeLessThan(140);
  });

  it('is not told where nothing can be known', () => {
    expect(estimateLoss({ ports: [] })).toBeUndefined();
    expect(estimateLoss({ ports: [{ attempts: 1, open: [500], closed: [500] }] })).toBeUndefined();
    expect(estimateLoss({ ports: [{ attempts: 3, open: [0, 0, 0] }] })).toBeUndefined();
    expect(
      estimateLoss({ ports: [{ attempts: 1, open: [500] }], witnesses: { asked: 0, answered: 0 } }),
    ).toBeUndefined();
  });
});

describe('an estimate from any counts', () => {
  const counts = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 6 });
  const group: fc.Arbitrary<AnswerCounts> = fc.record({
    attempts: fc.integer({ min: 1, max: 8 }),
    open: counts,
    closed: counts,
  });
  const witnesses = fc
    .tuple(fc.nat(1000), fc.nat(1000))
    .map(([answered, lost]) => ({ asked: answered + lost, answered }));

  it('is finite, ordered and a share', () => {
    fc.assert(
      fc.property(
        fc.array(group, { maxLength: 4 }),
        witnesses,
        fc.nat(50),
        (ports, seen, silent) => {
          const found = estimateLoss({ ports, witnesses: seen, silent });
          if (found === undefined) return;
          const { estimate, interval, probeLoss } = found;
          const numbers = [0, interval[0], estimate, interval[1]];
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          expect(numbers.every(Number.isSafeInteger)).toBe(true);
          expect(probeLoss).toBeGreaterThanOrEqual(0);
          expect(probeLoss).toBeLessThan(1);
        },
      ),
    );
  });
});

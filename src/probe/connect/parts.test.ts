import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from './fifo.ts';
import { attemptsFor, LossCount } from './loss.ts';
import { hostPace, isExempt, OverallPace } from './pace.ts';
import { Permutation } from './permute.ts';
import { attemptTimeoutMs, INITIAL_TIMEOUT_MS, MIN_TIMEOUT_MS, RttEstimator } from './rtt.ts';
import { Slots } from './slots.ts';
import { TimerWheel } from './timer-wheel.ts';
import { TokenBucket } from './token-bucket.ts';
import { ConnectWindow } from './window.ts';

const rtt = fc.double({ min: 0.01, max: 5000, noNaN: true });

function counted(answered: number, lost: number, silent = 0): LossCount {
  return Object.assign(new LossCount(), { answered, lost, silent });
}

describe('Permutation', () => {
  it('reaches every index once', () => {
    const property = fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), (size, key) => {
      const permutation = new Permutation(size, key);
      const seen = new Set(Array.from({ length: size }, (_, index) => permutation.at(index)));
      expect(seen.size).toBe(size);
      expect(Math.min(...seen)).toBe(0);
      expect(Math.max(...seen)).toBe(size - 1);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('reaches all 65,535 ports once', () => {
    const permutation = new Permutation(65_535, 1);
    const seen = new Set(Array.from({ length: 65_535 }, (_, index) => permutation.at(index)));
    expect(seen.size).toBe(65_535);
  });
});

describe('RttEstimator', () => {
  it('starts from the first sample as RFC 6298 §2.2 says', () => {
    const estimator = new RttEstimator();
    expect(estimator.timeoutMs()).toBe(INITIAL_TIMEOUT_MS);
    estimator.add(200);
    expect(estimator.timeoutMs()).toBe(200 + 4 * 100);
  });

  it('stays between the shortest time-out and a multiple of the longest sample', () => {
    const property = fc.property(fc.array(rtt, { minLength: 1 }), (samples) => {
      const estimator = new RttEstimator();
      for (const sample of samples) estimator.add(sample);
      expect(estimator.timeoutMs()).toBeGreaterThanOrEqual(MIN_TIMEOUT_MS);
      expect(estimator.timeoutMs()).toBeLessThanOrEqual(5 * Math.max(MIN_TIMEOUT_MS, ...samples));
    });
    fc.assert(property);
  });

  it('borrows from the neighbours until a host has answered, and never waits over the limit', () => {
    const neighbours = new RttEstimator();
    neighbours.add(1);
    const own = new RttEstimator();
    expect(attemptTimeoutMs(own, new RttEstimator(), 1, 3000)).toBe(1000);
    expect(attemptTimeoutMs(own, neighbours, 1, 3000)).toBe(3 * MIN_TIMEOUT_MS);
    own.add(100);
    expect(attemptTimeoutMs(own, neighbours, 1, 3000)).toBe(300);
    expect(attemptTimeoutMs(own, neighbours, 2, 3000)).toBe(600);
    expect(attemptTimeoutMs(own, neighbours, 2, 500)).toBe(500);
  });
});

describe('ConnectWindow', () => {
  it('doubles per round until a loss, then adds one per round', () => {
    const window = new ConnectWindow();
    const start = window.size;
    for (let answers = 0; answers < start; answers++) window.grow();
    expect(window.size).toBe(2 * start);
    window.shrink(1, 2);
    const shrunk = window.size;
    expect(shrunk).toBe(Math.floor(2 * start * 0.7));
    for (let answers = 0; answers < shrunk; answers++) window.grow();
    expect(window.size).toBeLessThanOrEqual(shrunk + 1);
  });

  it('shrinks once for the losses of one window', () => {
    const window = new ConnectWindow();
    window.shrink(5, 10);
    const size = window.size;
    window.shrink(9, 11);
    expect(window.size).toBe(size);
    window.shrink(12, 20);
    expect(window.size).toBeLessThan(size);
  });

  it('stays within its bounds', () => {
    const property = fc.property(fc.array(fc.boolean(), { maxLength: 3000 }), (events) => {
      const window = new ConnectWindow();
      events.forEach((good, at) => {
        if (good) window.grow();
        else window.shrink(at, at);
      });
      expect(window.size).toBeGreaterThanOrEqual(4);
      expect(window.size).toBeLessThanOrEqual(1024);
    });
    fc.assert(property);
  });
});

describe('TokenBucket', () => {
  it('never lets more pass than its rate and one burst', () => {
    const steps = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 200 });
    const property = fc.property(fc.integer({ min: 1, max: 5000 }), steps, (rate, pauses) => {
      const bucket = new TokenBucket(rate, 0);
      let now = 0;
      let passed = 0;
      for (const pause of pauses) {
        now += pause;
        for (let tries = 0; tries < 200 && bucket.delayMs(now) === 0; tries++) {
          bucket.take();
          passed += 1;
        }
      }
      expect(passed).toBeLessThanOrEqual((rate * now) / 1000 + Math.max(1, rate * 0.02) + 1);
    });
    fc.assert(property);
  });

  it('names the time of the next token', () => {
    const bucket = new TokenBucket(100, 0);
    expect(bucket.delayMs(0)).toBe(0);
    bucket.take();
    expect(bucket.delayMs(0)).toBeCloseTo(10);
    expect(bucket.delayMs(10)).toBe(0);
  });

  it('passes everything at max', () => {
    const bucket = new TokenBucket('max', 0);
    for (let count = 0; count < 100_000; count++) bucket.take();
    expect(bucket.delayMs(0)).toBe(0);
  });
});

describe('TimerWheel', () => {
  it('fires everything once, not before its time, at most 8 ms late', () => {
    const deadlines = fc.array(fc.double({ min: 0, max: 20_000, noNaN: true }), { maxLength: 100 });
    const property = fc.property(deadlines, fc.integer({ min: 1, max: 6000 }), (all, step) => {
      const wheel = new TimerWheel(0);
      all.forEach((deadline, id) => {
        wheel.add(deadline, id);
      });
      const firedAt = new Map<number, number>();
      for (let now = 0; now <= 30_000; now += step) {
        wheel.advance(now, (id) => {
          expect(firedAt.has(id)).toBe(false);
          firedAt.set(id, now);
        });
      }
      expect(firedAt.size).toBe(all.length);
      expect(wheel.size).toBe(0);
      all.forEach((deadline, id) => {
        expect(firedAt.get(id)).toBeGreaterThanOrEqual(deadline);
        expect(firedAt.get(id)).toBeLessThanOrEqual(deadline + 8 + step);
      });
    });
    fc.assert(property);
  });

  it('says how long nothing will happen', () => {
    const wheel = new TimerWheel(0);
    expect(wheel.nextMs(0, 100)).toBe(100);
    wheel.add(40, 1);
    expect(wheel.nextMs(0, 100)).toBe(40);
    expect(wheel.nextMs(0, 10)).toBe(10);
  });
});

describe('Slots', () => {
  it('tells a stale ticket from a current one', () => {
    const slots = new Slots<string>();
    const slot = slots.take('a', 1, 0, 500);
    const ticket = slots.ticket(slot);
    expect(slots.slotOf(ticket)).toBe(slot);
    slots.free(slot);
    expect(slots.slotOf(ticket)).toBeNull();
    expect(slots.take('b', 2, 0, 500)).toBe(slot);
    expect(slots.slotOf(ticket)).toBeNull();
    expect(slots.slotOf(slots.ticket(slot))).toBe(slot);
    expect(slots.used).toBe(1);
  });
});

describe('Fifo', () => {
  it('gives back in order what was put in', () => {
    const queue = new Fifo<number>();
    for (let item = 0; item < 5000; item++) queue.push(item);
    const out = Array.from({ length: 5000 }, () => queue.shift());
    expect(out).toEqual(Array.from({ length: 5000 }, (_, item) => item));
    expect(queue.shift()).toBeUndefined();
    expect(queue.size).toBe(0);
  });
});

describe('attemptsFor', () => {
  it('takes the user at their word', () => {
    expect(attemptsFor(1, counted(100, 50), counted(100, 50), 1000)).toBe(1);
  });

  it('does not insist at a host that never answers', () => {
    expect(attemptsFor(2, counted(0, 0, 10), counted(1000, 100), 1000)).toBe(2);
  });

  it('insists where others answer, and more where probes were lost', () => {
    expect(attemptsFor(2, counted(100, 0, 900), counted(100, 0), 1000)).toBe(2);
    expect(attemptsFor(2, counted(100, 0, 3), counted(100, 0), 1000)).toBe(4);
    expect(attemptsFor(2, counted(950, 50), counted(950, 50), 65_535)).toBe(6);
    expect(attemptsFor(2, counted(100, 300), counted(100, 300), 65_535)).toBe(6);
  });
});

describe('limits', () => {
  it('leave loopback alone unless a number is given', () => {
    const auto = { rate: 'auto', perHost: 'auto' } as const;
    expect(isExempt(auto, '127.0.0.1')).toBe(true);
    expect(isExempt(auto, '::1')).toBe(true);
    expect(isExempt(auto, '192.0.2.1')).toBe(false);
    expect(isExempt({ rate: 100, perHost: 'auto' }, '127.0.0.1')).toBe(false);
    expect(hostPace(auto, '127.0.0.1')).toEqual({ rate: 'max', windowed: false });
    expect(hostPace(auto, '192.0.2.1')).toEqual({ rate: 1000, windowed: true });
    expect(hostPace({ rate: 'auto', perHost: 50 }, '127.0.0.1')).toEqual({
      rate: 50,
      windowed: false,
    });
    expect(hostPace({ rate: 'auto', perHost: 'max' }, '192.0.2.1')).toEqual({
      rate: 'max',
      windowed: false,
    });
  });

  it('fall while losses are high and recover', () => {
    const pace = new OverallPace('auto', 0);
    const loss = new LossCount();
    const perSecond = (now: number) => {
      loss.answered += 100;
      pace.review(now, loss);
      pace.bucket.delayMs(now);
      let passed = 0;
      for (let at = now; at < now + 100; at++) {
        while (pace.bucket.delayMs(at) === 0) {
          pace.bucket.take();
          passed += 1;
        }
      }
      return passed * 10;
    };
    const before = perSecond(1000);
    loss.lost += 100;
    const crowded = perSecond(2000);
    const after = perSecond(3000);
    expect(crowded).toBeLessThan(before * 0.8);
    expect(after).toBeGreaterThan(crowded);
    expect(after).toBeLessThanOrEqual(before);
  });
});

import { describe, expect, it } from 'vitest';
import { RateControl } from './rate.ts';

/** Runs `seconds` of reviews over a path that loses `lossAt(rate)` of what is sent. */
function drive(control: RateControl, seconds: number, lossAt: (rate: number) => number): void {
  let [asked, answered] = [0, 0];
  for (let step = 1; step <= seconds * 4; step++) {
    asked += 64;
    answered += 64 * (1 - lossAt(control.rate));
    control.review(step * 251, { asked, answered, dropped: 0 });
  }
}

describe('RateControl', () => {
  it('climbs to its most over a path without loss', () => {
    const control = new RateControl('auto', 0);
    drive(control, 10, () => 0);
    expect(control.rate).toBe(100_000);
  });

  it('stays near what the path takes', () => {
    const control = new RateControl('auto', 0);
    drive(control, 60, (rate) => Math.max(0, 1 - 30_000 / rate));
    expect(control.rate).toBeGreaterThan(15_000);
    expect(control.rate).toBeLessThan(60_000);
  });

  it('climbs in spite of losses that are the path’s own', () => {
    const control = new RateControl('auto', 0);
    drive(control, 30, () => 0.3);
    expect(control.rate).toBe(100_000);
  });

  it('falls when packets are dropped on our side', () => {
    const control = new RateControl('auto', 0);
    drive(control, 10, () => 0);
    control.review(20_000, { asked: 10_000, answered: 10_000, dropped: 1 });
    expect(control.rate).toBeCloseTo(70_000);
  });

  it('goes no faster than is safe while nothing answers', () => {
    const control = new RateControl('auto', 0);
    for (let step = 1; step < 400; step++) {
      control.review(step * 251, { asked: 0, answered: 0, dropped: 0 });
    }
    expect(control.rate).toBeLessThan(25_000);
  });

  it('leaves a number and `max` alone', () => {
    for (const rate of [700, 'max'] as const) {
      const control = new RateControl(rate, 0);
      drive(control, 10, () => 0.9);
      expect(control.rate).toBe(rate === 'max' ? Number.POSITIVE_INFINITY : 700);
    }
  });

  it('keeps under what the hosts may receive', () => {
    const control = new RateControl('max', 0);
    control.limit(1000);
    expect(control.rate).toBe(1000);
    control.limit(Number.POSITIVE_INFINITY);
    expect(control.rate).toBe(Number.POSITIVE_INFINITY);
  });
});

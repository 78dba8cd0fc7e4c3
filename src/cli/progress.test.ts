import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newProgress, type Progress } from '../pipeline/progress.ts';
import { progressLine } from './progress.ts';

type Engine = Partial<Progress['engine']>;

function lineOf(
  engine: Engine,
  total: number | undefined,
  columns: number | null,
  open = 12,
): string {
  const fresh = newProgress();
  const progress = { ...fresh, engine: { ...fresh.engine, ...engine }, open, identified: 10 };
  return progressLine({ progress, total: () => total, now: () => 10_000 }, 0, columns);
}

const LOST = { estimate: 2, interval: [0, 7], probeLoss: 0.003 } as const;

describe('the line of progress', () => {
  it('tells share, rate, found and ETA', () => {
    expect(lineOf({ outcomes: 5000 }, 20_000, 79)).toBe(
      '[█████░░░░░░░░░░░░░░░]  25 % · 500 ports/s · 12 open · ETA 30 s',
    );
    expect(lineOf({ outcomes: 5000 }, undefined, 79)).toBe(
      '5,000 ports done · 500 ports/s · 12 open',
    );
    expect(lineOf({ outcomes: 20_000 }, 20_000, 79)).toBe(
      '[████████████████████] all ports probed · 12 open · 2 being identified',
    );
  });

  it('tells losses and what the kernel dropped, once there are any', () => {
    const packets = { received: 9, valid: 9, duplicates: 0, dropped: 31 };
    expect(lineOf({ outcomes: 5000, loss: LOST, packets }, 20_000, 200)).toContain(
      ' · 12 open · 0.3 % lost, ~2 ports missed · 31 dropped by kernel · ETA 30 s',
    );
    const none = { ...LOST, estimate: 0 };
    expect(lineOf({ outcomes: 5000, loss: none }, 20_000, 200)).toContain(' · 0.3 % lost · ETA');
    const clean = { ...none, probeLoss: 0 };
    expect(lineOf({ outcomes: 5000, loss: clean }, 20_000, 200)).not.toContain('lost');
  });

  it('leaves out the bar, then the ETA, then the rate, where columns are few', () => {
    const engine = { outcomes: 5000, loss: LOST };
    expect(lineOf(engine, 20_000, 79)).toBe(
      ' 25 % · 500 ports/s · 12 open · 0.3 % lost, ~2 ports missed · ETA 30 s',
    );
    expect(lineOf(engine, 20_000, 65)).not.toContain('ETA');
    expect(lineOf(engine, 20_000, 50)).toBe(' 25 % · 12 open · 0.3 % lost, ~2 ports missed');
  });

  it('has no bar and no bound where there is no terminal', () => {
    expect(lineOf({ outcomes: 5000, loss: LOST }, 20_000, null)).toBe(
      ' 25 % · 500 ports/s · 12 open · 0.3 % lost, ~2 ports missed · ETA 30 s',
    );
  });

  it('fits 80 columns at every size of scan', () => {
    const losses = fc.record({
      estimate: fc.nat(99_999),
      interval: fc.constant([0, 1] as const),
      probeLoss: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const property = fc.property(
      fc.nat(2 ** 31),
      fc.nat(999_999),
      fc.option(losses, { nil: undefined }),
      (outcomes, open, loss) => {
        const engine = { outcomes, ...(loss === undefined ? {} : { loss }) };
        for (const total of [undefined, 2 ** 31]) {
          expect(lineOf(engine, total, 79, open).length).toBeLessThanOrEqual(79);
        }
      },
    );
    fc.assert(property);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WITNESS_BATCHES, type Witness, Witnesses } from './witnesses.ts';

const RATE = 100_000;
const BATCH_MS = 250;

/** Lets `ms` pass from `from`, 5 ms a step; who was asked, in which batch and when. */
function pass(witnesses: Witnesses, from: number, ms: number, rate = RATE, admit = () => true) {
  const asked: (Witness & { batch: number; at: number })[] = [];
  for (let at = from; at < from + ms; at += 5) {
    witnesses.advance(at, rate, (witness, batch) => {
      if (!admit()) return false;
      asked.push({ ...witness, batch, at });
      return true;
    });
  }
  return asked;
}

function offered(count: number): Witnesses {
  const witnesses = new Witnesses();
  for (let probe = 0; probe < count; probe++) witnesses.offer(1, probe);
  return witnesses;
}

describe('Witnesses', () => {
  it('are asked in batches, spread over their time', () => {
    const asked = pass(offered(100), 0, BATCH_MS * WITNESS_BATCHES);
    for (let batch = 0; batch < WITNESS_BATCHES; batch++) {
      const times = asked.filter((it) => it.batch === batch).map(({ at }) => at);
      expect(times.length).toBeGreaterThanOrEqual(60);
      expect(times.length).toBeLessThanOrEqual(64);
      for (const at of times) expect(times.filter((it) => it === at).length).toBeLessThan(4);
    }
  });

  it('are no more than a fiftieth of all probes', () => {
    expect(pass(offered(300), 0, 10_000, 500).length).toBeLessThanOrEqual(500 * 10 * 0.02 * 1.2);
    expect(pass(offered(300), 0, 1000, 0)).toEqual([]);
  });

  it('count when the turn of their batch comes again, and no more answers than were asked', () => {
    const witnesses = offered(10);
    const asked = pass(witnesses, 0, BATCH_MS);
    const batch = asked[0]?.batch ?? 0;
    for (let answer = 0; answer < 50; answer++) witnesses.heard(batch);
    pass(witnesses, BATCH_MS, BATCH_MS * (WITNESS_BATCHES - 1));
    expect(witnesses).toMatchObject({ asked: 0, answered: 0 });
    pass(witnesses, BATCH_MS * WITNESS_BATCHES, 5);
    expect(witnesses).toMatchObject({ asked: asked.length, answered: asked.length });
  });

  it('that could not be asked are not waited for', () => {
    let turn = 0;
    const witnesses = offered(100);
    const asked = pass(witnesses, 0, BATCH_MS * WITNESS_BATCHES, RATE, () => turn++ % 3 === 0);
    pass(witnesses, BATCH_MS * WITNESS_BATCHES, BATCH_MS * WITNESS_BATCHES, 0);
    expect(witnesses.asked).toBe(asked.length);
    expect(asked.length).toBeGreaterThan(70);
  });

  it('are a fair sample of all that answered', () => {
    const asked = pass(offered(10_000), 0, 5000);
    const late = new Set(asked.map(({ probe }) => probe).filter((probe) => probe >= 5000));
    const all = new Set(asked.map(({ probe }) => probe));
    expect(all.size).toBe(256);
    expect(late.size).toBeGreaterThan(90);
    expect(late.size).toBeLessThan(166);
  });

  it('of a chunk that is over are forgotten', () => {
    const chunks = fc.array(fc.tuple(fc.nat(3), fc.nat(50)), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(chunks, fc.nat(3), (all, over) => {
        const witnesses = new Witnesses();
        for (const [chunk, probe] of all) witnesses.offer(chunk, probe);
        witnesses.forget(over);
        const asked = pass(witnesses, 0, 2000);
        expect(asked.filter(({ chunk }) => chunk === over)).toEqual([]);
        expect(asked.length > 0).toBe(all.some(([chunk]) => chunk !== over));
      }),
      { numRuns: 50 },
    );
  });
});

import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { vitals } from '../contract/stats.ts';
import { newProgress, type Progress } from '../pipeline/progress.ts';
import { showStats, vitalsOf } from './stats.ts';

function progressOf(engine: Partial<Progress['engine']>, more: Partial<Progress> = {}): Progress {
  const fresh = newProgress();
  return { ...fresh, engine: { ...fresh.engine, ...engine }, ...more };
}

const LOSS = { estimate: 3, interval: [0, 9], probeLoss: 0.021 } as const;

it('tells what the engine counts, and the rate since the line before', () => {
  const packets = { received: 90, valid: 80, duplicates: 2, dropped: 1 };
  const progress = progressOf(
    { probes: 700, retries: 50, outcomes: 600, targetRate: 8000, packets, loss: LOSS },
    { open: 9, identified: 4, hosts: 2 },
  );
  const source = { progress, total: () => 1000, now: () => 3500 };
  const line = vitalsOf(source, 1000, { at: 3000, probes: 500 }, false);
  expect(vitals.parse(line)).toEqual({
    schema: 'postern.stats/1',
    at: line.at,
    elapsed: 2.5,
    final: false,
    sent: 700,
    retries: 50,
    ...packets,
    outcomes: 600,
    expected: 1000,
    open: 9,
    identifying: 5,
    hosts: 2,
    rate: 400,
    targetRate: 8000,
    slowdowns: 0,
    loss: LOSS,
  });
});

it('leaves out what an engine does not know', () => {
  const source = { progress: newProgress(), total: () => undefined, now: () => 0 };
  const line = vitalsOf(source, 0, { at: 0, probes: 0 }, true);
  for (const name of ['received', 'dropped', 'expected', 'targetRate', 'loss']) {
    expect(line).not.toHaveProperty(name);
  }
  expect(vitals.parse(line).final).toBe(true);
});

it('keeps the contract whatever is counted', () => {
  const count = fc.nat(2 ** 31);
  fc.assert(
    fc.property(
      count,
      count,
      count,
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      (a, b, c, now) => {
        const progress = progressOf({ probes: a, retries: b, outcomes: c });
        const source = { progress, total: () => c, now: () => now };
        const line = vitalsOf(source, 0, { at: 0, probes: 0 }, false);
        expect(vitals.safeParse(JSON.parse(JSON.stringify(line))).error).toBeUndefined();
      },
    ),
  );
});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('writes a line a second and a last one, with messages between them', () => {
  const stream = new PassThrough();
  const progress = newProgress();
  const view = showStats(stream, { progress, total: () => 5, now: () => performance.now() });
  progress.earlier.probes = 300;
  vi.advanceTimersByTime(1000);
  view.message('note: something');
  progress.earlier.probes = 500;
  vi.advanceTimersByTime(1000);
  view.stop();
  vi.advanceTimersByTime(5000);
  const lines = String(stream.read()).trimEnd().split('\n');
  const told = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => vitals.parse(JSON.parse(line)));
  expect(lines[1]).toBe('note: something');
  expect(told.map(({ sent, final }) => [sent, final])).toEqual([
    [300, false],
    [500, false],
    [500, true],
  ]);
  expect(told.map(({ rate }) => rate)).toEqual([300, 200, 0]);
});

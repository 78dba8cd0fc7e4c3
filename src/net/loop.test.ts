import { describe, expect, it } from 'vitest';
import { problem } from '../model/errors.ts';
import { eachForItself, startLoop } from './loop.ts';

const LONG = 60_000;

function deferred() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

it('works at once, again when it is woken, and never twice at a time', async () => {
  const turns = [deferred(), deferred()];
  const gate = deferred();
  let count = 0;
  let atOnce = 0;
  let most = 0;
  const loop = startLoop({
    everyMs: LONG,
    work: async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      turns[count++]?.resolve();
      if (count === 1) await gate.promise;
      atOnce -= 1;
    },
    onFault: (error) => {
      throw error;
    },
  });
  await turns[0]?.promise;
  loop.wake();
  gate.resolve();
  await turns[1]?.promise;
  await loop.stop();
  expect([count, most]).toEqual([2, 1]);
});

it('goes on after a fault, and stops the turn under way', async () => {
  const faults: unknown[] = [];
  const stuck = deferred();
  let count = 0;
  const loop = startLoop({
    everyMs: 1,
    work: async (signal) => {
      count += 1;
      if (count === 1) throw new Error('first');
      stuck.resolve();
      await new Promise((_, reject) => signal.addEventListener('abort', reject));
    },
    onFault: (error) => faults.push(error),
  });
  await stuck.promise;
  await loop.stop();
  expect(faults).toEqual([new Error('first')]);
});

describe('work for each for itself', () => {
  const broken = new Error('broken');

  it('is done for all, and tells the first failure in the end', async () => {
    const done: number[] = [];
    const work = eachForItself([1, 2, 3], async (item) => {
      if (item < 3) throw item === 1 ? broken : new Error('other');
      done.push(item);
    });
    await expect(work).rejects.toBe(broken);
    expect(done).toEqual([3]);
    await expect(eachForItself([], () => Promise.reject(broken))).resolves.toBeUndefined();
  });

  it('ends at once when the store fails', async () => {
    const done: number[] = [];
    const gone = problem('STORE_GONE', { value: 'a store', problem: 'gone' });
    const work = eachForItself([1, 2], async (item) => {
      done.push(item);
      throw gone;
    });
    await expect(work).rejects.toBe(gone);
    expect(done).toEqual([1]);
  });
});

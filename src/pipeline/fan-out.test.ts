import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fanOut, merge } from './fan-out.ts';

class Source {
  pulled = 0;
  ended = false;

  async *items(count: number, fails = false): AsyncGenerator<number> {
    try {
      while (this.pulled < count) {
        this.pulled += 1;
        yield this.pulled;
      }
      if (fails) throw new Error('the file went away');
    } finally {
      this.ended = true;
    }
  }
}

async function all(items: AsyncIterable<number>): Promise<number[]> {
  const found: number[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('fanOut', () => {
  it('gives every item to every reader, however they take turns', async () => {
    const plan = fc.tuple(fc.nat(40), fc.array(fc.nat(1), { maxLength: 60 }));
    await fc.assert(
      fc.asyncProperty(plan, async ([count, turns]) => {
        const source = new Source();
        const [one, two] = fanOut(source.items(count), 2);
        if (one === undefined || two === undefined) throw new Error('two readers');
        const readers = [one, two].map((items) => items[Symbol.asyncIterator]());
        const taken: number[][] = [[], []];
        const take = async (at: number): Promise<boolean> => {
          const next = await readers[at]?.next();
          if (next === undefined || next.done === true) return false;
          taken[at]?.push(next.value);
          return true;
        };
        for (const turn of turns) await take(turn);
        for (const at of [0, 1]) while (await take(at));
        const whole = Array.from({ length: count }, (_, at) => at + 1);
        expect(taken).toEqual([whole, whole]);
        expect(source.pulled).toBe(count);
      }),
    );
  });

  it('lets a fast reader be 1,024 items ahead, and no more', async () => {
    const source = new Source();
    const [fast, slow] = fanOut(source.items(5000), 2);
    if (fast === undefined || slow === undefined) throw new Error('two readers');
    const taken: number[] = [];
    const reading = (async () => {
      for await (const item of fast) taken.push(item);
    })();
    // more turns than items: it would have taken more if it could
    for (let turn = 0; turn < 5000; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toHaveLength(1024);
    expect((await all(slow)).length).toBe(5000);
    await reading;
    expect(taken).toHaveLength(5000);
  });

  it('holds nobody up when a reader leaves, and ends the source when all have left', async () => {
    const source = new Source();
    const [one, two] = fanOut(source.items(5000), 2);
    if (one === undefined || two === undefined) throw new Error('two readers');
    for await (const _ of one) break;
    let taken = 0;
    for await (const _ of two) {
      taken += 1;
      if (taken === 3000) break;
    }
    expect(taken).toBe(3000);
    expect(source.ended).toBe(true);
  });

  it('passes on to all what the source throws', async () => {
    const readers = fanOut(new Source().items(3, true), 2);
    const ends = await Promise.allSettled(readers.map(all));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('merge', () => {
  it('gives all items of all sources', async () => {
    const merged = await all(merge([new Source().items(3), new Source().items(2)]));
    expect(merged.toSorted((a, b) => a - b)).toEqual([1, 1, 2, 2, 3]);
    expect(await all(merge([]))).toEqual([]);
  });

  it('ends every source when its reader leaves or one of them throws', async () => {
    const sources = [new Source(), new Source()];
    for await (const _ of merge(sources.map((source) => source.items(10)))) break;
    expect(sources.map(({ ended }) => ended)).toEqual([true, true]);
    const other = new Source();
    await expect(all(merge([new Source().items(1, true), other.items(100)]))).rejects.toThrow(
      'the file went away',
    );
    expect(other.ended).toBe(true);
  });
});

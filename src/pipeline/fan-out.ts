/** Addresses that one reader may be ahead of another: bounds memory, and how far apart transports are. */
const AHEAD = 1024;

/**
 * Gives every item of `source` to each of `count` readers. The source is pulled once for all; a
 * reader that is 1,024 items ahead of the slowest waits for it. A reader that leaves holds nobody
 * up, and the source ends when all have left. What the source throws, every reader throws.
 */
export function fanOut<Item>(source: AsyncIterable<Item>, count: number): AsyncIterable<Item>[] {
  const hub = new Hub(source, count);
  return Array.from({ length: count }, (_, reader) => ({
    [Symbol.asyncIterator]: () => hub.reader(reader),
  }));
}

class Hub<Item> {
  readonly #iterator: AsyncIterator<Item>;
  /** What each reader has still to take; null once it has left. */
  readonly #queues: (Item[] | null)[];
  #ended = false;
  #error: { readonly cause: unknown } | null = null;
  #pulling: Promise<void> | null = null;
  /** Called when a queue has become shorter. */
  #onTaken: () => void = () => undefined;

  constructor(source: AsyncIterable<Item>, count: number) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#queues = Array.from({ length: count }, () => []);
  }

  reader(at: number): AsyncIterator<Item> {
    return {
      next: () => this.#next(at),
      return: async () => {
        await this.#leave(at);
        return { done: true, value: undefined };
      },
    };
  }

  async #next(at: number): Promise<IteratorResult<Item>> {
    for (;;) {
      const queue = this.#queues[at];
      if (queue == null) return { done: true, value: undefined };
      const [item] = queue;
      if (item !== undefined) {
        queue.shift();
        this.#onTaken();
        return { done: false, value: item };
      }
      if (this.#error !== null) throw this.#error.cause;
      if (this.#ended) return { done: true, value: undefined };
      this.#pulling ??= this.#pull().finally(() => {
        this.#pulling = null;
      });
      await this.#pulling;
    }
  }

  /** One item for everybody, when the slowest reader is not too far behind. */
  async #pull(): Promise<void> {
    while (this.#queues.some((queue) => queue !== null && queue.length >= AHEAD)) {
      await new Promise<void>((resolve) => {
        this.#onTaken = resolve;
      });
    }
    try {
      const next = await this.#iterator.next();
      if (next.done === true) this.#ended = true;
      else for (const queue of this.#queues) queue?.push(next.value);
    } catch (cause) {
      this.#error = { cause };
    }
  }

  async #leave(at: number): Promise<void> {
    this.#queues[at] = null;
    this.#onTaken();
    if (this.#queues.some((queue) => queue !== null) || this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }
}

/** The items of all sources as they come. Leaving it leaves all of them; what one throws ends it. */
export async function* merge<Item>(sources: readonly AsyncIterable<Item>[]): AsyncGenerator<Item> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const pending = new Map(iterators.map((iterator, at) => [at, advance(iterator, at)]));
  try {
    while (pending.size > 0) {
      const { at, result } = await Promise.race(pending.values());
      const iterator = iterators[at];
      if (result.done === true || iterator === undefined) {
        pending.delete(at);
        continue;
      }
      pending.set(at, advance(iterator, at));
      yield result.value;
    }
  } finally {
    for (const promise of pending.values()) promise.catch(() => undefined);
    await Promise.allSettled(iterators.map(async (iterator) => iterator.return?.()));
  }
}

async function advance<Item>(iterator: AsyncIterator<Item>, at: number) {
  return { at, result: await iterator.next() };
}

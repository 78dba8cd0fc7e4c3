import type { Told } from './engine.ts';

/** What an engine does between two waits: schedules probes and turns answers into outcomes. */
export interface Work {
  /** Nothing is under way and nothing is left to tell. */
  readonly idle: boolean;
  /** True when another address could be put to use now. */
  readonly hungry: boolean;
  admit(address: string): void;
  /** Sends and collects for some milliseconds; returns what is to be told since the last call, perhaps nothing. */
  step(): Told[];
  /** Milliseconds until there is something to do unless an answer comes; 0 when there is now. */
  restMs(): number;
}

/** Where answers come in: what the work is waited for with. */
export interface Waiter {
  /** Resolves when an answer may have come, after `ms` milliseconds, or at `wake`. */
  wait(ms: number): Promise<void>;
  wake(): void;
  /** Ends everything and frees it. Idempotent. */
  close(): void;
}

/** Runs the work over the addresses until both have ended, the signal says so, or the reader leaves. */
export async function* drive(
  addresses: AsyncIterable<string>,
  work: Work,
  waiter: Waiter,
  signal: AbortSignal,
): AsyncGenerator<readonly Told[]> {
  const feed = new Feed(addresses, work, waiter);
  const stop = () => {
    feed.stop();
    waiter.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted && !(feed.ended && work.idle)) {
      const batch = work.step();
      if (batch.length > 0) yield batch;
      if (feed.error !== null) throw feed.error.cause;
      feed.pull();
      await rest(waiter, work.restMs());
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Lets everything else on this thread run, for `ms` or until an answer comes. */
function rest(waiter: Waiter, ms: number): Promise<void> {
  return ms > 0 ? waiter.wait(ms) : new Promise((resolve) => setImmediate(resolve));
}

/** Pulls addresses while the work has use for them, one at a time, beside the work. */
class Feed {
  readonly #iterator: AsyncIterator<string>;
  readonly #work: Work;
  readonly #waiter: Waiter;
  #pulling = false;
  #waking = false;
  #stopped = false;
  ended = false;
  /** What the source of addresses threw. */
  error: { readonly cause: unknown } | null = null;

  constructor(addresses: AsyncIterable<string>, work: Work, waiter: Waiter) {
    this.#iterator = addresses[Symbol.asyncIterator]();
    this.#work = work;
    this.#waiter = waiter;
  }

  /** Starts pulling unless it is under way, over, or not needed. Never waits. */
  pull(): void {
    if (this.#pulling || this.ended || this.#stopped || !this.#work.hungry) return;
    this.#pulling = true;
    this.#pullWhileHungry()
      .catch((cause: unknown) => {
        this.error = { cause };
        this.ended = true;
      })
      .finally(() => {
        this.#pulling = false;
        this.#waiter.wake();
      });
  }

  async #pullWhileHungry(): Promise<void> {
    while (this.#work.hungry && !this.#stopped) {
      const next = await this.#iterator.next();
      if (this.#stopped) return;
      if (next.done === true) {
        this.ended = true;
        return;
      }
      this.#work.admit(next.value);
      this.#wakeSoon();
    }
  }

  /** After all addresses that are at hand: probing starts on many hosts at once, not on the first alone. */
  #wakeSoon(): void {
    if (this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#waiter.wake();
    });
  }

  /** Tells the source that no more is wanted; its answer is not waited for, it may never come. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (!this.ended) void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
  }
}

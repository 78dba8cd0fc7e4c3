import type { Outcome } from '../../model/port.ts';
import type { Engine, ProbeOptions } from '../engine.ts';
import type { Dialer } from './dialer.ts';
import { type Clock, Run } from './run.ts';

const clock: Clock = () => performance.now();

/** An engine out of a way to dial: everything that is not sockets is shared. `dialer` makes one per run. */
export function connectEngine<Target>(
  name: string,
  dialer: () => Dialer<Target>,
  now: Clock = clock,
): Engine {
  return {
    name,
    transport: 'tcp',
    probe: (addresses, ports, options) => probe(dialer, addresses, ports, options, now),
  };
}

async function* probe<Target>(
  makeDialer: () => Dialer<Target>,
  addresses: AsyncIterable<string>,
  ports: readonly number[],
  options: ProbeOptions,
  now: Clock,
): AsyncGenerator<readonly Outcome[]> {
  const { signal } = options;
  if (ports.length === 0 || signal.aborted) return;
  const dialer = makeDialer();
  const run = new Run(dialer, ports, options, now);
  const feed = new Feed(addresses, run, dialer);
  const stop = () => {
    feed.stop();
    dialer.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted && !(feed.ended && run.idle)) {
      const batch = run.step();
      if (batch.length > 0) yield batch;
      if (feed.error !== null) throw feed.error.cause;
      feed.pull();
      await rest(dialer, run.restMs());
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Lets everything else on this thread run, for `ms` or until an answer comes. */
function rest<Target>(dialer: Dialer<Target>, ms: number): Promise<void> {
  return ms > 0 ? dialer.wait(ms) : new Promise((resolve) => setImmediate(resolve));
}

/** Pulls addresses while the run has use for them, one at a time, beside the run. */
class Feed<Target> {
  readonly #iterator: AsyncIterator<string>;
  readonly #run: Run<Target>;
  readonly #dialer: Dialer<Target>;
  #pulling = false;
  #waking = false;
  #stopped = false;
  ended = false;
  /** What the source of addresses threw. */
  error: { readonly cause: unknown } | null = null;

  constructor(addresses: AsyncIterable<string>, run: Run<Target>, dialer: Dialer<Target>) {
    this.#iterator = addresses[Symbol.asyncIterator]();
    this.#run = run;
    this.#dialer = dialer;
  }

  /** Starts pulling unless it is under way, over, or not needed. Never waits. */
  pull(): void {
    if (this.#pulling || this.ended || this.#stopped || !this.#run.hungry) return;
    this.#pulling = true;
    this.#pullWhileHungry()
      .catch((cause: unknown) => {
        this.error = { cause };
        this.ended = true;
      })
      .finally(() => {
        this.#pulling = false;
        this.#dialer.wake();
      });
  }

  async #pullWhileHungry(): Promise<void> {
    while (this.#run.hungry && !this.#stopped) {
      const next = await this.#iterator.next();
      if (this.#stopped) return;
      if (next.done === true) {
        this.ended = true;
        return;
      }
      this.#run.admit(next.value);
      this.#wakeSoon();
    }
  }

  /** After all addresses that are at hand: probing starts on many hosts at once, not on the first alone. */
  #wakeSoon(): void {
    if (this.#waking) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#dialer.wake();
    });
  }

  /** Tells the source that no more is wanted; its answer is not waited for, it may never come. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (!this.ended) void Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
  }
}

import pLimit, { type LimitFunction } from 'p-limit';
import type { Limit } from '../engine.ts';

/** Lets work begin at most `rate` times per second, and at most `atOnce` run at the same time. */
export class Pacer {
  readonly #limit: LimitFunction;
  readonly #signal: AbortSignal;
  #rate: Limit;
  #next = 0;

  /** When `signal` aborts, nothing waits for its turn any more. */
  constructor(rate: Limit, atOnce: number, signal: AbortSignal) {
    this.#rate = rate;
    this.#limit = pLimit(atOnce);
    this.#signal = signal;
  }

  setRate(rate: Limit): void {
    this.#rate = rate;
  }

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#limit(async () => {
      await this.#turn();
      return work();
    });
  }

  async #turn(): Promise<void> {
    if (this.#rate === 'max' || this.#signal.aborted) return;
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + 1000 / this.#rate;
    if (at - now >= 1) await new Promise((resolve) => setTimeout(resolve, at - now));
  }
}

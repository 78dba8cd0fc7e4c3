import type { Limit } from '../engine.ts';

/** Longest stretch of unused rate that may be sent at once, seconds. */
const BURST_SECONDS = 0.02;

/** Lets `rate` probes per second pass, after a pause at most 20 ms worth of them at once. */
export class TokenBucket {
  #perMs: number;
  #burst: number;
  #tokens = 1;
  #at: number;

  constructor(rate: Limit, now: number) {
    this.#perMs = 0;
    this.#burst = 1;
    this.#at = now;
    this.setRate(rate);
  }

  /** From now on; what has been saved up stays within the new burst. */
  setRate(rate: Limit): void {
    this.#perMs = rate === 'max' ? Number.POSITIVE_INFINITY : rate / 1000;
    this.#burst = rate === 'max' ? Number.POSITIVE_INFINITY : Math.max(1, rate * BURST_SECONDS);
    this.#tokens = Math.min(this.#tokens, this.#burst);
  }

  /** Milliseconds until a token is there: 0 when there is one now. */
  delayMs(now: number): number {
    if (this.#burst === Number.POSITIVE_INFINITY) return 0;
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / this.#perMs;
  }

  /** Spends one token; call only when `delayMs` was 0. */
  take(): void {
    if (this.#burst !== Number.POSITIVE_INFINITY) this.#tokens -= 1;
  }

  #refill(now: number): void {
    if (now <= this.#at) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

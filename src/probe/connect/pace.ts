import { isLoopback } from '../../model/loopback.ts';
import type { Limit, Pace } from '../engine.ts';
import type { LossCount } from './loss.ts';
import { TokenBucket } from './token-bucket.ts';

/** Probes per second over all hosts that `auto` never exceeds: a home router's state table takes it. */
export const AUTO_RATE = 8000;
/** Slower than this `auto` does not get, however lossy the path. */
const AUTO_FLOOR = 200;
/** Probes per second to one address under `auto`. */
export const AUTO_PER_HOST = 1000;
/** How often `auto` looks at losses, and how much it must have seen to conclude anything. */
const REVIEW_MS = 1000;
const REVIEW_SAMPLES = 50;
/** More than this share lost in one interval is taken for a path that is too full. */
const TOLERATED_LOSS = 0.08;

/** What one address may receive; `windowed` means that congestion control applies. */
export interface HostPace {
  readonly rate: Limit;
  readonly windowed: boolean;
}

/** True when neither the overall nor the per-host limit slows probes to this address. */
export function isExempt(pace: Pace, address: string): boolean {
  return isLoopback(address) && typeof pace.rate !== 'number';
}

/** Limits for one address: loopback is free unless a number was asked for. */
export function hostPace(pace: Pace, address: string): HostPace {
  if (pace.perHost === 'max') return { rate: 'max', windowed: false };
  if (typeof pace.perHost === 'number') {
    return { rate: pace.perHost, windowed: !isLoopback(address) };
  }
  if (isLoopback(address)) return { rate: 'max', windowed: false };
  return { rate: AUTO_PER_HOST, windowed: true };
}

/** The limit over all hosts. Under `auto` it falls by 30 % a second while losses are high and recovers by 10 %. */
export class OverallPace {
  readonly bucket: TokenBucket;
  readonly #adaptive: boolean;
  #rate: Limit;
  #reviewAt: number;
  #answered = 0;
  #lost = 0;

  constructor(rate: Pace['rate'], now: number) {
    this.#adaptive = rate === 'auto';
    this.#rate = rate === 'auto' ? AUTO_RATE : rate;
    this.#reviewAt = now + REVIEW_MS;
    this.bucket = new TokenBucket(this.#rate, now);
  }

  /** Probes per second; undefined when there is no limit. */
  get target(): number | undefined {
    return this.#rate === 'max' ? undefined : this.#rate;
  }

  /** Call often; acts once a second. `seen` are all answers and losses so far. */
  review(now: number, seen: LossCount): void {
    if (!this.#adaptive || this.#rate === 'max' || now < this.#reviewAt) return;
    this.#reviewAt = now + REVIEW_MS;
    const answered = seen.answered - this.#answered;
    const lost = seen.lost - this.#lost;
    if (answered + lost < REVIEW_SAMPLES) return;
    this.#answered = seen.answered;
    this.#lost = seen.lost;
    const crowded = lost / (answered + lost) > TOLERATED_LOSS;
    this.#rate = Math.max(AUTO_FLOOR, Math.min(AUTO_RATE, this.#rate * (crowded ? 0.7 : 1.1)));
    this.bucket.setRate(this.#rate);
  }
}

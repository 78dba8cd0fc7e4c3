import { TokenBucket } from '../connect/token-bucket.ts';
import type { Pace } from '../engine.ts';

/** Where `auto` begins, and the most it takes, probes per second. */
const START = 5000;
const MOST = 200_000;
/** The most while nothing at all answers: losses cannot be seen then. */
const MOST_UNSEEN = 20_000;
const LEAST = 500;
/** How often the rate is thought over, milliseconds. */
const REVIEW_MS = 250;
/** Factors of one review. */
const CLIMB = 1.25;
const CLIMB_UNSEEN = 1.1;
const FALL = 0.7;
/** Witnesses heard of below which losses are not judged. */
const FEWEST = 16;
/** Loss above the path's own that is taken for a path too full, beside three standard errors. */
const TOLERATED = 0.03;
/** Falls in a row without effect after which losses are the path's own and not our doing. */
const IN_VAIN = 3;

/** What has been counted since the start; the differences between two reviews are what matters. */
export interface Signals {
  /** Known-alive ports asked again, their time to answer being over, and those that did answer. */
  readonly asked: number;
  readonly answered: number;
  /** Packets that we, the kernel or the card had to drop or refuse. */
  readonly dropped: number;
}

/** The overall rate: a number, no limit, or one that climbs while nothing is lost and falls when it is. */
export class RateControl {
  readonly #bucket: TokenBucket;
  readonly #adaptive: boolean;
  #rate: number;
  #reviewAt: number;
  #asked = 0;
  #answered = 0;
  #dropped = 0;
  /** Share that the path loses whatever we do. */
  #own = 0;
  #falls = 0;
  #ceiling = Number.POSITIVE_INFINITY;

  constructor(rate: Pace['rate'], now: number) {
    this.#adaptive = rate === 'auto';
    this.#rate = rate === 'auto' ? START : rate === 'max' ? Number.POSITIVE_INFINITY : rate;
    this.#reviewAt = now + REVIEW_MS;
    this.#bucket = new TokenBucket(rate === 'auto' ? START : rate, now);
  }

  /** Probes per second aimed at now; Infinity without a limit. */
  get rate(): number {
    return Math.min(this.#rate, this.#ceiling);
  }

  /** Bounds the rate by what the hosts under way may receive in all. */
  limit(ceiling: number): void {
    if (ceiling === this.#ceiling) return;
    this.#ceiling = ceiling;
    this.#apply();
  }

  /** Milliseconds until a probe may be sent; 0 when one may now. */
  delayMs(now: number): number {
    return this.#bucket.delayMs(now);
  }

  take(): void {
    this.#bucket.take();
  }

  /** Call often; acts four times a second. */
  review(now: number, signals: Signals): void {
    if (now < this.#reviewAt) return;
    this.#reviewAt = now + REVIEW_MS;
    const asked = signals.asked - this.#asked;
    const dropped = signals.dropped - this.#dropped;
    this.#dropped = signals.dropped;
    if (dropped > 0) this.#change(FALL);
    else if (asked < FEWEST) this.#unseen(signals.asked === 0);
    else this.#seen(asked, signals);
  }

  #unseen(never: boolean): void {
    if (!never || this.#rate < MOST_UNSEEN) this.#change(never ? CLIMB_UNSEEN : 1);
  }

  #seen(asked: number, signals: Signals): void {
    const lost = 1 - (signals.answered - this.#answered) / asked;
    this.#asked = signals.asked;
    this.#answered = signals.answered;
    const error = 3 * Math.sqrt(Math.max(this.#own * (1 - this.#own), 0.01) / asked);
    if (lost <= this.#own + TOLERATED + error) {
      this.#falls = 0;
      this.#change(CLIMB);
      return;
    }
    this.#falls += 1;
    if (this.#falls > IN_VAIN) {
      this.#own = Math.min(0.5, lost);
      this.#falls = 0;
    } else this.#change(FALL);
  }

  #change(factor: number): void {
    if (!this.#adaptive) return;
    this.#rate = Math.max(LEAST, Math.min(MOST, this.#rate * factor));
    this.#apply();
  }

  #apply(): void {
    const { rate } = this;
    this.#bucket.setRate(rate === Number.POSITIVE_INFINITY ? 'max' : rate);
  }
}

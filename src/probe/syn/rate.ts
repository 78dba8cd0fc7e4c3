import { TokenBucket } from '../connect/token-bucket.ts';
import type { Pace } from '../engine.ts';

/** Where `auto` begins, and the most it takes, probes per second: 60 Mbit/s of SYNs. */
const START = 5000;
export const AUTO_RATE = 100_000;
/** The most while nothing at all answers: losses cannot be seen then. */
const MOST_UNSEEN = 20_000;
const LEAST = 500;
/** How often the rate is thought over, milliseconds. */
const REVIEW_MS = 250;
/** Factors of one review; a fall is as deep as the losses, but not deeper than the last. */
const CLIMB = 1.25;
const CLIMB_UNSEEN = 1.1;
/** The same from where a fall has helped up to three times as much: losses show late. */
const CLIMB_NEAR = 1.05;
const NEAR = 3;
const FALL = 0.7;
const DEEPEST_FALL = 0.2;
/** Of what came through, the share that a full path surely takes. */
const CLEAR = 0.95;
/** Witnesses heard of below which losses are not judged, and whether a fall helped. */
const FEWEST = 16;
const FEWEST_AFTER_FALL = 48;
/** Witnesses that are counted now were asked so many reviews ago, at the rate of that time. */
const LATE_REVIEWS = 5;
/** After a fall all that was asked before it is forgotten. */
const SETTLE_MS = 1500;
/** Loss above the path's own that is taken for a path too full, beside three standard errors. */
const TOLERATED = 0.03;
/** A path may lose so much by itself; what is more than the second is never taken for its own. */
const MOST_OWN = 0.5;
const SURELY_OURS = 0.8;
/** What a path is taken to lose before anything is known, and how many witnesses that belief weighs. */
const OWN_AT_FIRST = 0.02;
const BELIEF = 400;

/** What has been counted since the start; the differences between two reviews are what matters. */
export interface Signals {
  /** Known-alive ports asked again, their time to answer being over, and those that did answer. */
  readonly asked: number;
  readonly answered: number;
  /** Packets that we, the kernel or the card had to drop or refuse. */
  readonly dropped: number;
}

/** A fall: the losses that led to it, and the rate at which they came about. */
interface Fall {
  readonly rate: number;
  readonly lost: number;
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
  #own = OWN_AT_FIRST;
  /** The last fall while it is not known whether it helped. */
  #fell: Fall | null = null;
  #settledAt = 0;
  /** Rates since the witnesses were asked that are counted next. */
  readonly #rates: number[] = [];
  /** Where the path was free of losses after the last fall. */
  #free = Number.POSITIVE_INFINITY;
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
    const dropped = signals.dropped - this.#dropped;
    this.#dropped = signals.dropped;
    this.#rates.push(this.#rate);
    if (this.#rates.length > LATE_REVIEWS) this.#rates.shift();
    if (now < this.#settledAt) this.#forget(signals);
    const asked = signals.asked - this.#asked;
    if (dropped > 0) this.#change(FALL);
    else if (asked < (this.#fell === null ? FEWEST : FEWEST_AFTER_FALL)) {
      this.#unseen(signals.asked === 0);
    } else this.#seen(now, 1 - (signals.answered - this.#answered) / asked, asked, signals);
  }

  #forget({ asked, answered }: Signals): void {
    this.#asked = asked;
    this.#answered = answered;
  }

  #unseen(never: boolean): void {
    if (!never || this.#rate < MOST_UNSEEN) this.#change(never ? CLIMB_UNSEEN : 1);
  }

  #seen(now: number, lost: number, asked: number, signals: Signals): void {
    this.#forget(signals);
    const fell = this.#fell;
    this.#fell = null;
    const error = 3 * Math.sqrt(Math.max(this.#own * (1 - this.#own), 0.01) / asked);
    if (fell !== null && this.#isInVain(fell, lost)) {
      this.#own = Math.min(MOST_OWN, (fell.lost + lost) / 2);
      this.#change(fell.rate / this.#rate);
    } else if (lost <= this.#own + TOLERATED + error) {
      if (fell !== null) this.#noteFree(lost);
      this.#own += ((lost - this.#own) * asked) / (asked + BELIEF);
      this.#change(this.#isNearLosses ? CLIMB_NEAR : CLIMB);
    } else this.#fall(now, lost);
  }

  /** A fall helped: what is still lost at this rate is the path's own. */
  #noteFree(lost: number): void {
    this.#free = this.#rate;
    this.#own = Math.min(MOST_OWN, Math.max(this.#own, (this.#own + lost) / 2));
  }

  get #isNearLosses(): boolean {
    return this.#rate >= this.#free && this.#rate < this.#free * NEAR;
  }

  /**
   * Whether a fall left the losses as they were: then they are the path's own and not our doing. Had
   * the path been too full, next to nothing would be lost now; a third is much more than that.
   */
  #isInVain(fell: Fall, lost: number): boolean {
    return fell.lost < SURELY_OURS && lost > this.#own + (fell.lost - this.#own) / 3;
  }

  /** Down to what came through. */
  #fall(now: number, lost: number): void {
    const rate = this.#rates[0] ?? this.#rate;
    this.#fell = { rate, lost };
    this.#settledAt = now + SETTLE_MS;
    const through = ((1 - lost) / (1 - this.#own)) * CLEAR;
    const factor = Math.max(DEEPEST_FALL, Math.min(FALL, through));
    this.#change(Math.min(1, (rate * factor) / this.#rate));
  }

  #change(factor: number): void {
    if (!this.#adaptive) return;
    this.#rate = Math.max(LEAST, Math.min(AUTO_RATE, this.#rate * factor));
    this.#apply();
  }

  #apply(): void {
    const { rate } = this;
    this.#bucket.setRate(rate === Number.POSITIVE_INFINITY ? 'max' : rate);
  }
}

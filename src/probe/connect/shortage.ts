import type { Reason } from '../../model/port.ts';
import type { ProbeOptions } from '../engine.ts';

/** Share of the attempts under way that is kept when something ran out. */
const KEPT = 0.75;
/** Nothing is sent for this long after it, milliseconds. */
const HOLD_MS = 25;
/** After this long without a single attempt that worked, ports are given up as `local-error`. */
const GIVE_UP_MS = 10_000;
/** Attempts under way below which running out of source ports cannot be our doing. */
const FEW = 1000;
/** Attempts in a row that find no free source address before it is believed that none leads to the host. */
const NO_SOURCE_TRIES = 4;

const CAUSES: Partial<Record<Reason, string>> = {
  descriptors: 'file descriptors (raise the limit with `ulimit -n`)',
  'source-ports': 'source ports',
  memory: 'kernel memory for sockets',
};

/** Slows a run down when our own side runs out of something, and lets it recover. */
export class Shortage {
  readonly #capacity: number;
  readonly #options: ProbeOptions;
  readonly #warned = new Set<Reason>();
  #limit: number;
  #holdUntil = Number.NEGATIVE_INFINITY;
  #since: number | null = null;

  constructor(capacity: number, options: ProbeOptions) {
    this.#capacity = capacity;
    this.#options = options;
    this.#limit = capacity;
  }

  /** Attempts that may be under way now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  heldMs(now: number): number {
    return Math.max(0, this.#holdUntil - now);
  }

  /** An attempt worked: one more may be under way after each full round of them. */
  passed(): void {
    this.#since = null;
    if (this.#limit < this.#capacity) this.#limit += 1 / this.#limit;
  }

  /**
   * `reason` ran out with `used` other attempts under way, for the `inRow`th time in a row at one
   * host. Returns when to try again, or the reason to give up with.
   */
  ran(reason: Reason, used: number, inRow: number, now: number): number | Reason {
    if (reason === 'source-ports' && used < FEW) {
      return inRow > NO_SOURCE_TRIES ? 'no-route' : now + HOLD_MS;
    }
    this.#since ??= now;
    if (now - this.#since > GIVE_UP_MS) return reason;
    this.#options.stats.slowdowns += 1;
    this.#limit = Math.max(1, Math.min(this.#limit, used * KEPT));
    this.#holdUntil = now + HOLD_MS;
    this.#warnOnce(reason);
    return now;
  }

  #warnOnce(reason: Reason): void {
    if (this.#warned.has(reason)) return;
    this.#warned.add(reason);
    this.#options.warn(`ran out of ${CAUSES[reason] ?? reason}: slowed down, no port is lost`);
  }
}

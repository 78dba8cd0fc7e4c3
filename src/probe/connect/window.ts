/** Probes under way to one host at the start: RFC 6928's initial window. */
const INITIAL = 10;
/** Never fewer: a single random loss must not reduce a scan to one probe per round trip. */
const MINIMUM = 4;
/** More than any host is asked to take at once. */
const MAXIMUM = 1024;
/** Share kept after a loss; TCP Cubic's factor (RFC 9438 §4.6). */
const DECREASE = 0.7;

/**
 * How many probes may be under way to one host: additive increase, multiplicative decrease.
 *
 * Answers let it grow (twofold per round trip until the first loss, then by one per round trip);
 * a proven loss shrinks it, once per window. Silence alone proves nothing and counts as an answer:
 * what a firewall swallows does not crowd the path.
 */
export class ConnectWindow {
  #size = INITIAL;
  #threshold = MAXIMUM;
  #shrunkAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return Math.floor(this.#size);
  }

  grow(): void {
    const step = this.#size < this.#threshold ? 1 : 1 / this.#size;
    this.#size = Math.min(MAXIMUM, this.#size + step);
  }

  /** `sentAt` is when the lost probe left: losses from before the last decrease were its cause. */
  shrink(sentAt: number, now: number): void {
    if (sentAt <= this.#shrunkAt) return;
    this.#shrunkAt = now;
    this.#size = Math.max(MINIMUM, this.#size * DECREASE);
    this.#threshold = this.#size;
  }
}

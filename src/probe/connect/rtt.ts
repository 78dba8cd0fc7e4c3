/** Shortest time-out derived from measurements, milliseconds: below it a busy peer looks silent. */
export const MIN_TIMEOUT_MS = 150;
/** First guess when nothing has been measured (RFC 6298 §2.1). */
export const INITIAL_TIMEOUT_MS = 1000;

/** Smoothed round trip and its deviation after RFC 6298 §2, in milliseconds. */
export class RttEstimator {
  #smoothed = 0;
  #deviation = 0;
  #samples = 0;

  get samples(): number {
    return this.#samples;
  }

  add(rttMs: number): void {
    this.#samples += 1;
    if (this.#samples === 1) {
      this.#smoothed = rttMs;
      this.#deviation = rttMs / 2;
      return;
    }
    this.#deviation += (Math.abs(this.#smoothed - rttMs) - this.#deviation) / 4;
    this.#smoothed += (rttMs - this.#smoothed) / 8;
  }

  /** Time-out before backing off, at least `MIN_TIMEOUT_MS`; `INITIAL_TIMEOUT_MS` before the first sample. */
  timeoutMs(): number {
    if (this.#samples === 0) return INITIAL_TIMEOUT_MS;
    return Math.max(MIN_TIMEOUT_MS, this.#smoothed + 4 * this.#deviation);
  }
}

/**
 * How long attempt number `attempt` (from 1) may wait, in milliseconds, never over `maxMs`.
 *
 * A host that never answered borrows from its neighbours (every host measured so far), three-fold
 * because it may be farther away. Further attempts wait twice as long (after RFC 6298 §5.5, but
 * not again and again: each is a new connection, spaced from the one before).
 */
export function attemptTimeoutMs(
  own: RttEstimator,
  neighbours: RttEstimator,
  attempt: number,
  maxMs: number,
): number {
  const guess =
    own.samples > 0
      ? own.timeoutMs()
      : Math.min(INITIAL_TIMEOUT_MS, Math.max(2 * MIN_TIMEOUT_MS, 3 * neighbours.timeoutMs()));
  return Math.min(maxMs, attempt > 1 ? 2 * guess : guess);
}

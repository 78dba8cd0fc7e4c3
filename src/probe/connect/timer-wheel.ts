/** Width of one slot in milliseconds: the precision of every time-out. */
const TICK_MS = 4;
const SLOTS = 1024;

/**
 * Deadlines for many numbered things at the cost of one array push each. Nothing is ever removed:
 * whoever receives a number that no longer matters ignores it.
 */
export class TimerWheel {
  readonly #ids: number[][] = Array.from({ length: SLOTS }, () => []);
  readonly #ticks: number[][] = Array.from({ length: SLOTS }, () => []);
  #tick: number;
  #size = 0;

  constructor(now: number) {
    this.#tick = Math.floor(now / TICK_MS);
  }

  get size(): number {
    return this.#size;
  }

  /** `id` fires at the first `advance` at or after `deadline` (milliseconds, any clock), up to 8 ms late. */
  add(deadline: number, id: number): void {
    const tick = Math.max(this.#tick + 1, Math.ceil(deadline / TICK_MS));
    const slot = tick % SLOTS;
    this.#ids[slot]?.push(id);
    this.#ticks[slot]?.push(tick);
    this.#size += 1;
  }

  /** Fires everything due by `now`. `fire` may add. */
  advance(now: number, fire: (id: number) => void): void {
    const target = Math.floor(now / TICK_MS);
    const steps = Math.min(target - this.#tick, SLOTS);
    const first = target - steps + 1;
    if (steps > 0) this.#tick = target;
    for (let tick = first; tick <= target; tick++) this.#empty(tick % SLOTS, target, fire);
  }

  /** Milliseconds from `now` to the next slot that holds anything, at most `limitMs`. */
  nextMs(now: number, limitMs: number): number {
    if (this.#size === 0) return limitMs;
    const steps = Math.min(SLOTS, Math.ceil(limitMs / TICK_MS));
    for (let ahead = 1; ahead <= steps; ahead++) {
      const slot = this.#ids[(this.#tick + ahead) % SLOTS];
      if (slot !== undefined && slot.length > 0) {
        return Math.max(0, Math.min(limitMs, (this.#tick + ahead) * TICK_MS - now));
      }
    }
    return limitMs;
  }

  #empty(slot: number, target: number, fire: (id: number) => void): void {
    const ids = this.#ids[slot];
    const ticks = this.#ticks[slot];
    if (ids === undefined || ticks === undefined || ids.length === 0) return;
    this.#ids[slot] = [];
    this.#ticks[slot] = [];
    this.#size -= ids.length;
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] ?? 0;
      const tick = ticks[index] ?? 0;
      if (tick <= target) fire(id);
      else this.add(tick * TICK_MS, id);
    }
  }
}

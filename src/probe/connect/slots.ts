/** Slots there are: no engine has more attempts under way. */
export const MAX_SLOTS = 65_536;

/**
 * Attempts under way, by slot. A ticket names one use of a slot, so that a timer of an earlier use
 * is recognised as stale.
 */
export class Slots<Owner> {
  readonly #owners: (Owner | undefined)[] = [];
  readonly #codes: number[] = [];
  readonly #sentAt: number[] = [];
  readonly #waits: number[] = [];
  readonly #uses: number[] = [];
  readonly #spare: number[] = [];

  get used(): number {
    return this.#owners.length - this.#spare.length;
  }

  take(owner: Owner, code: number, sentAt: number, waitMs: number): number {
    const slot = this.#spare.pop() ?? this.#owners.length;
    this.#owners[slot] = owner;
    this.#codes[slot] = code;
    this.#sentAt[slot] = sentAt;
    this.#waits[slot] = waitMs;
    this.#uses[slot] = (this.#uses[slot] ?? 0) + 1;
    return slot;
  }

  free(slot: number): void {
    this.#owners[slot] = undefined;
    this.#spare.push(slot);
  }

  owner(slot: number): Owner | undefined {
    return this.#owners[slot];
  }

  /** How long the attempt may take, milliseconds. */
  waitMs(slot: number): number {
    return this.#waits[slot] ?? 0;
  }

  code(slot: number): number {
    return this.#codes[slot] ?? 0;
  }

  sentAt(slot: number): number {
    return this.#sentAt[slot] ?? 0;
  }

  ticket(slot: number): number {
    return (this.#uses[slot] ?? 0) * MAX_SLOTS + slot;
  }

  /** The slot of a ticket, or null when that use of it is over. */
  slotOf(ticket: number): number | null {
    const slot = ticket % MAX_SLOTS;
    const current = this.#owners[slot] !== undefined && this.ticket(slot) === ticket;
    return current ? slot : null;
  }
}

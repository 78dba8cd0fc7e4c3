import ipaddr from 'ipaddr.js';
import { problem } from '../../model/errors.ts';
import type { Store } from '../../store/open.ts';
import { countAttempt, forgetAttempts } from '../../store/queries/auth-limits.ts';
import { hashOf } from './secrets.ts';

export const WINDOW_MS = 15 * 60 * 1000;
/** Attempts from one address in a window: an office behind one address signs in by it. */
export const PER_ADDRESS = 50;
/** Attempts on one account in a window; a success forgets them. */
export const PER_ACCOUNT = 10;

/** Seconds that whoever is refused has to wait. */
export class TooMany {
  readonly error = problem('API_TOO_MANY', { value: 'attempts to sign in' });
  readonly seconds: number;

  constructor(ms: number) {
    this.seconds = Math.max(1, Math.ceil(ms / 1000));
  }
}

/** Attempts to sign in or up, counted in the store: all servers on it count together. */
export class Limits {
  readonly #store: Store;
  readonly #now: () => number;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Counts an attempt; null: it may go on. `account`: e-mail address or id of the person it is for. */
  async count(source: string | null, account?: string): Promise<TooMany | null> {
    const now = this.#now();
    const asked: readonly (readonly [string, number])[] = [
      [`address:${networkOf(source)}`, PER_ADDRESS],
      ...(account === undefined ? [] : [[accountOf(account), PER_ACCOUNT] as const]),
    ];
    return this.#store.write(async (tx) => {
      let waits = 0;
      for (const [id, most] of asked) {
        const { count, until } = await countAttempt(tx, id, { now, windowMs: WINDOW_MS });
        if (count > most) waits = Math.max(waits, until - now);
      }
      return waits > 0 ? new TooMany(waits) : null;
    });
  }

  async forget(account: string): Promise<void> {
    await this.#store.write((tx) => forgetAttempts(tx, accountOf(account)));
  }
}

/** Not the address itself, which may be a password typed into the wrong field. */
function accountOf(account: string): string {
  return `account:${hashOf(account)}`;
}

/** Whoever has an IPv6 address has its whole /64 (RFC 4291, 2.5.1). */
function networkOf(source: string | null): string {
  if (source === null || !ipaddr.isValid(source)) return 'unknown';
  const address = ipaddr.process(source);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  return address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}

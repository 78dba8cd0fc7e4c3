const SECOND = 1000;
const HOUR = 60 * 60 * SECOND;
const FIRST_MS = 30 * SECOND;
const LONGEST_MS = HOUR;
/** What a peer may ask for at most. */
const LATEST_MS = 6 * HOUR;
/** 30 s, doubled up to an hour, then hourly: together about a day. */
export const MAX_TRIES = 30;

/** Milliseconds until the next try after `attempts` of them; `chance` from 0 to 1 spreads them. */
export function backoff(attempts: number, chance: number): number {
  const whole = Math.min(FIRST_MS * 2 ** Math.max(0, attempts - 1), LONGEST_MS);
  return Math.round(whole * (0.8 + 0.4 * chance));
}

/** Milliseconds that a Retry-After asks for (RFC 9110 §10.2.3): seconds or a date; 0: nothing sensible. */
export function waitAsked(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  const wait = /^\d{1,9}$/.test(retryAfter.trim())
    ? Number(retryAfter) * SECOND
    : Date.parse(retryAfter) - now;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(0, wait), LATEST_MS);
}

import type { Glance } from './glance.ts';

/** What a port did with a connection, in a word. */
export type Behaviour =
  | 'speaks'
  | 'mute'
  | 'zero-window'
  | 'never-acknowledges'
  | 'resets'
  | 'resets-when-asked'
  | 'closes'
  | 'closes-when-asked';

/** The behaviour of a port whose handshake completed. */
export function behaviourOf(glance: Glance): Behaviour {
  const { said, asked, end, window, acknowledged } = glance;
  if (said.length > 0) return 'speaks';
  if (end === 'reset') return asked ? 'resets-when-asked' : 'resets';
  if (end === 'closed') return asked ? 'closes-when-asked' : 'closes';
  if (window === 0 && acknowledged !== true) return 'zero-window';
  return acknowledged === false ? 'never-acknowledges' : 'mute';
}

/** Time between first and last word after which nobody is greeting any more, in milliseconds. */
export const DRIP_MS = 1000;

/** Whether a peer that was asked nothing went on speaking, and has not come to an end. */
export function drips({ arrivals, asked, end }: Glance): boolean {
  const [first = 0] = arrivals;
  return !asked && end === 'open' && (arrivals.at(-1) ?? 0) - first >= DRIP_MS;
}

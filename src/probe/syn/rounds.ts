/** Rounds beyond the base that losses can bring about. */
const MOST_MORE = 4;
/** Chance for one port to be missed that is good enough, and ports missed of a chunk that are. */
const ENOUGH_SHARE = 2e-5;
const ENOUGH_PORTS = 0.02;

/** Ports by the round whose probe they answered first. */
export interface RoundCount {
  readonly open: number[];
  readonly closed: number[];
}

export function newRoundCount(rounds: number): RoundCount {
  return {
    open: Array.from({ length: rounds }, () => 0),
    closed: Array.from({ length: rounds }, () => 0),
  };
}

/**
 * Whether the ports that are silent after `rounds` rounds deserve another. Only losses speak for it:
 * answers that came to a later round. When each round loses the share q, q^rounds of the ports that
 * would answer have been missed.
 */
export function deservesRound(counts: RoundCount, rounds: number, base: number): boolean {
  if (base <= 1 || rounds >= base + MOST_MORE) return false;
  const answers = counts.open.map((open, at) => open + (counts.closed[at] ?? 0));
  const all = answers.reduce((sum, count) => sum + count, 0);
  const late = all - (answers[0] ?? 0);
  const askedAgain = all - (answers[rounds - 1] ?? 0);
  if (late === 0 || askedAgain === 0) return false;
  const missed = Math.min(0.95, late / askedAgain) ** rounds;
  return missed > ENOUGH_SHARE && missed * all > ENOUGH_PORTS;
}

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
  const { all, lost } = losses(counts, rounds);
  const missed = lost ** rounds;
  return missed > ENOUGH_SHARE && missed * all > ENOUGH_PORTS;
}

/**
 * Whether another round must ask also the hosts of which nothing was heard. `hosts` counts hosts by
 * the round that their first answer answered: of those with few ports some are heard late, and of
 * these the share lost is not heard at all.
 */
export function deservesAllHosts(
  counts: RoundCount,
  hosts: readonly number[],
  rounds: number,
): boolean {
  const { all, lost } = losses(counts, rounds);
  const unheard = ((hosts[rounds - 1] ?? 0) * lost) / (1 - lost);
  return unheard > Math.max(ENOUGH_PORTS, ENOUGH_SHARE * all);
}

/** Ports that answered, and the share of probes that each round loses. */
function losses(counts: RoundCount, rounds: number): { all: number; lost: number } {
  const answers = counts.open.map((open, at) => open + (counts.closed[at] ?? 0));
  const all = answers.reduce((sum, count) => sum + count, 0);
  const late = all - (answers[0] ?? 0);
  const askedAgain = all - (answers[rounds - 1] ?? 0);
  return { all, lost: askedAgain === 0 ? 0 : Math.min(0.95, late / askedAgain) };
}

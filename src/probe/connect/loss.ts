/** Attempts granted on top of the base, at most: even at 25 % loss fewer than 1 in 4,000 is missed. */
const MAX_EXTRA = 4;
/** Extra attempts for a silent port of a host that answers on most others. */
const RESPONSIVE_EXTRA = 2;
/** Chance of missing one port of a host that is aimed at. */
const TARGET_MISS = 0.001;
/** Weight of what other hosts have shown, in answers. */
const PRIOR_WEIGHT = 20;

/** Answers counted, and how many of them came only to a repeated probe: each of those proves a loss. */
export class LossCount {
  answered = 0;
  lost = 0;
  silent = 0;

  answer(attempt: number): void {
    this.answered += 1;
    this.lost += attempt - 1;
  }

  /** Share of probes lost on the way there or back; `prior` are all hosts together. */
  rate(prior: LossCount): number {
    const overall = prior.lost / Math.max(1, prior.answered + prior.lost);
    const weighted = this.lost + PRIOR_WEIGHT * overall;
    return weighted / (this.answered + this.lost + PRIOR_WEIGHT);
  }
}

/**
 * Probes to send before silence is believed. At least `base`. A host that never answers gets no
 * more, a host that answers on most ports two more, and one that is known to lose probes as many as
 * keep the chance of missing any of its `ports` ports under 0.1 %, within `base` + 4.
 * With `base` 1 the user has asked for a single probe.
 */
export function attemptsFor(
  base: number,
  host: LossCount,
  prior: LossCount,
  ports: number,
): number {
  if (base <= 1 || host.answered === 0) return base;
  const responsive = host.answered >= 4 * host.silent ? RESPONSIVE_EXTRA : 0;
  const loss = host.rate(prior);
  if (loss <= 0) return base + responsive;
  const needed = Math.ceil(Math.log(TARGET_MISS / ports) / Math.log(Math.min(loss, 0.9)));
  return Math.max(base + responsive, Math.min(needed, base + MAX_EXTRA));
}

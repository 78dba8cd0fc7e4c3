/** A count that is spread more widely than a Poisson one, and how much it weighs among others. */
export interface Weighted {
  readonly mean: number;
  /** At least the mean. */
  readonly variance: number;
  readonly weight: number;
}

/**
 * Confidence of the interval inside the model. What is promised is 95 %: the rest is for losses
 * that are not quite as independent as the model has them.
 */
const CONFIDENCE = 0.98;
/** Means above this are taken as normally distributed: their skew moves a bound by less than one. */
const NORMAL_FROM = 200;

/** Median of a mixture of counts, none of which is over `most`, and the interval that it lies in. */
export function likelyRange(
  mixture: readonly Weighted[],
  most = Number.POSITIVE_INFINITY,
): { estimate: number; interval: [number, number] } {
  const tail = (1 - CONFIDENCE) / 2;
  const possible = most === Number.POSITIVE_INFINITY ? 1 : chanceUpTo(mixture, most);
  const at = (share: number) => Math.min(most, quantile(mixture, share * possible));
  return { estimate: at(0.5), interval: [at(tail), at(1 - tail)] };
}

/** Smallest count that is not exceeded with chance `share`. */
function quantile(mixture: readonly Weighted[], share: number): number {
  if (chanceUpTo(mixture, 0) >= share) return 0;
  let high = 1;
  while (chanceUpTo(mixture, high) < share) high *= 2;
  let low = high >> 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (chanceUpTo(mixture, middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

function chanceUpTo(mixture: readonly Weighted[], most: number): number {
  let chance = 0;
  let all = 0;
  for (const part of mixture) {
    all += part.weight;
    chance += part.weight * (part.mean > NORMAL_FROM ? normal(part, most) : exact(part, most));
  }
  return chance / all;
}

/** Negative binomial distribution function; the Poisson one where mean and variance are equal. */
function exact({ mean, variance }: Weighted, most: number): number {
  if (most > mean + 12 * Math.sqrt(variance) + 40) return 1;
  const chance = Math.max(0, 1 - mean / variance);
  const perStep = mean * (1 - chance);
  const none = chance < 1e-9 ? -mean : (perStep / chance) * Math.log1p(-chance);
  let term = Math.exp(none);
  let total = term;
  for (let count = 0; count < most; count++) {
    term *= (perStep + count * chance) / (count + 1);
    total += term;
  }
  return Math.min(1, total);
}

function normal({ mean, variance }: Weighted, most: number): number {
  const z = (most + 0.5 - mean) / Math.sqrt(variance);
  return z > 0 ? 1 - upperTail(z) : upperTail(-z);
}

/** Chance of a standard normal value above `z` >= 0, within 1e-7 (Abramowitz and Stegun, 26.2.17). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series =
    0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * t * series;
}

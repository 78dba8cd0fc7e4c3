import type { LossEstimate } from '../model/scan.ts';
import { likelyRange, type Weighted } from './missed-count.ts';

/** Ports that were asked alike, by the attempt that was the first to be answered. */
export interface AnswerCounts {
  /** Probes that a port without an answer got, at least 1. */
  readonly attempts: number;
  /**
   * How many ports proved open at the first attempt, at the second, and so on; an answer counts
   * for the attempt it answers, however late it came. Need not be whole numbers: ports of a host
   * whose silent ports got differently many attempts are shared out.
   */
  readonly open: readonly number[];
  /** The same of ports that proved closed. */
  readonly closed?: readonly number[];
}

/** Ports known to be open that were asked once each, beside the scan. */
interface Witnesses {
  readonly asked: number;
  readonly answered: number;
}

interface LossEvidence {
  readonly ports: readonly AnswerCounts[];
  readonly witnesses?: Witnesses;
  /** Ports that stayed silent to the end, open or not: no more can have been missed. Absent: not known. */
  readonly silent?: number;
}

/** Terms of the chance that `count` ports were answered first at the attempts they were. */
interface Tally {
  readonly count: number;
  /** Attempts without an answer before the answered ones. */
  readonly lost: number;
  /** Attempts after which no answer could have been counted. */
  readonly attempts: number;
}

/** What is known of the loss before any answer: as if of five probes more one half had been lost. */
const PRIOR = { lost: 0.5, answered: 5 };
/** Loss rates considered, as log odds: one in 65 million to 95 %. */
const LOG_ODDS = [-18, 3] as const;
const POINTS = 41;
/** Each zoom narrows the range to where the density lives; three are enough for a million ports. */
const ZOOMS = 4;
/** Log densities further than this under the highest weigh nothing. */
const NEGLIGIBLE = 20;

/**
 * How many open ports were missed because all probes to them, or all answers, got lost.
 *
 * Every probe together with its answer is taken to be lost with the same chance p, each
 * independently. Then a port that answers does so first at attempt j with chance p^(j-1)·(1-p), and
 * is missed with p^k. The likelihood of p is that of the truncated geometric distribution over
 * the attempts at which ports answered; given p, the number missed among n seen is negative
 * binomial. The interval is that of the missed with p integrated out, under a weak prior.
 *
 * Closed ports bound the loss of open ones from above only: a lost SYN-ACK is sent again by the peer
 * (RFC 9293, 3.8.1), a lost RST is not.
 *
 * @returns undefined when nothing was asked twice and there are no witnesses: then nothing tells a
 *   lost answer from a port that stays silent. Losses in long bursts, and hosts that lose much more
 *   than the rest, hide more ports than the model says.
 */
export function estimateLoss({ ports, witnesses, silent }: LossEvidence): LossEstimate | undefined {
  const open = ports.map((group) => tally(group.attempts, group.open));
  const closed = ports.map((group) => tally(group.attempts, group.closed ?? []));
  const asked = witnesses?.asked ?? 0;
  const telling = [...open, ...closed].some((it) => it.attempts > 1 && it.count > 0);
  if (!telling && asked === 0) return undefined;
  const ofWitnesses = (odds: number) =>
    binomial(odds, asked - (witnesses?.answered ?? 0), witnesses?.answered ?? 0);
  const ofOpen = (odds: number) => sum(open, odds) + ofWitnesses(odds);
  const pooled = (odds: number) => ofOpen(odds) + sum(closed, odds);
  const probeLoss = lossOf(pooled, [...open, ...closed], witnesses);
  if (silent === 0) return { estimate: 0, interval: [0, 0], probeLoss };
  const closedPeak = peak((odds) => sum(closed, odds));
  const posterior = zoom(
    (odds) =>
      ofOpen(odds) +
      sum(closed, Math.max(odds, closedPeak)) +
      binomial(odds, PRIOR.lost, PRIOR.answered),
  );
  const range = likelyRange(missedAt(posterior, ports, open), silent);
  return { ...range, probeLoss };
}

function tally(attempts: number, counts: readonly number[]): Tally {
  const lost = counts.reduce((all, count, before) => all + before * count, 0);
  const count = counts.reduce((all, one) => all + one, 0);
  const last = counts.findLastIndex((one) => one > 0) + 1;
  return { count, lost, attempts: Math.max(attempts, last) };
}

/** The number missed at each loss rate: mean and variance over the groups. */
function missedAt(
  posterior: readonly Point[],
  ports: readonly AnswerCounts[],
  open: readonly Tally[],
): Weighted[] {
  return posterior.map(({ odds, weight }) => {
    let mean = 0;
    let variance = 0;
    for (const [at, { attempts }] of ports.entries()) {
      const chance = Math.exp(-attempts * softplus(-odds));
      const missed = (((open[at]?.count ?? 0) + 1) * chance) / (1 - chance);
      mean += missed;
      variance += missed / (1 - chance);
    }
    return { mean, variance, weight };
  });
}

/** The loss that explains the answers best; 0 when every one came to the first attempt. */
function lossOf(
  logLikelihood: (odds: number) => number,
  tallies: readonly Tally[],
  witnesses: Witnesses | undefined,
): number {
  const lost = tallies.some((it) => it.lost > 0) || witnesses?.asked !== witnesses?.answered;
  return lost ? 1 / (1 + Math.exp(-peak(logLikelihood))) : 0;
}

/** log(1 + e^x). */
function softplus(x: number): number {
  return x > 30 ? x : Math.log1p(Math.exp(x));
}

function binomial(odds: number, lost: number, answered: number): number {
  return -lost * softplus(-odds) - answered * softplus(odds);
}

function sum(tallies: readonly Tally[], odds: number): number {
  let all = 0;
  for (const { count, lost, attempts } of tallies) {
    if (count === 0) continue;
    const missed = Math.exp(-attempts * softplus(-odds));
    all += binomial(odds, lost, count) - count * Math.log1p(-missed);
  }
  return all;
}

interface Point {
  readonly odds: number;
  readonly weight: number;
}

/** Where a density with one peak lives, and its weights there. */
function zoom(logDensity: (odds: number) => number): Point[] {
  let [low, high]: readonly [number, number] = LOG_ODDS;
  let points: Point[] = [];
  for (let round = 0; round < ZOOMS; round++) {
    const step = (high - low) / (POINTS - 1);
    const start = low;
    const logs = Array.from({ length: POINTS }, (_, at) => logDensity(start + at * step));
    const top = Math.max(...logs);
    points = logs.map((log, at) => ({ odds: start + at * step, weight: Math.exp(log - top) }));
    const first = logs.findIndex((log) => log > top - NEGLIGIBLE);
    const last = logs.findLastIndex((log) => log > top - NEGLIGIBLE);
    low = start + Math.max(first - 1, 0) * step;
    high = start + Math.min(last + 1, POINTS - 1) * step;
  }
  return points;
}

function peak(logDensity: (odds: number) => number): number {
  const best = (a: Point, b: Point) => (b.weight > a.weight ? b : a);
  return zoom(logDensity).reduce(best).odds;
}

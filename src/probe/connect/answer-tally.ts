import type { LossEstimate } from '../../model/scan.ts';
import { type AnswerCounts, estimateLoss } from '../loss-estimate.ts';

/** Of one host: how many ports proved open or closed at which attempt, and after how many silence was believed. */
export class HostAnswers {
  /** Index 0 is the first attempt. */
  readonly open: number[] = [];
  readonly closed: number[] = [];
  readonly silent: number[] = [];

  answered(state: 'open' | 'closed', attempt: number): void {
    addTo(state === 'open' ? this.open : this.closed, attempt - 1, 1);
  }

  believedSilent(attempts: number): void {
    addTo(this.silent, attempts - 1, 1);
  }
}

/** Answers of all hosts, apart by the number of attempts that their silent ports got. */
export class AnswerTally {
  readonly #groups = new Map<number, { attempts: number; open: number[]; closed: number[] }>();

  /**
   * `otherwise` is the number of attempts that a silent port would have got where none was silent,
   * or where a single port answered: had that been silent too, nothing had spoken for more attempts.
   */
  add({ open, closed, silent }: HostAnswers, otherwise: number): void {
    const answered = total(open) + total(closed);
    if (answered === 0) return;
    const all = total(silent);
    if (all === 0 || answered === 1) return this.#share(otherwise, 1, open, closed);
    for (const [at, count = 0] of silent.entries()) {
      if (count > 0) this.#share(at + 1, count / all, open, closed);
    }
  }

  /** How many open ports were missed; `more` are counted too. */
  estimate(more: AnswerTally): LossEstimate | undefined {
    const ports: AnswerCounts[] = [...this.#groups.values(), ...more.#groups.values()];
    return estimateLoss({ ports });
  }

  #share(
    attempts: number,
    share: number,
    open: readonly number[],
    closed: readonly number[],
  ): void {
    const group = this.#groups.get(attempts) ?? { attempts, open: [], closed: [] };
    this.#groups.set(attempts, group);
    for (const [at, count = 0] of open.entries()) addTo(group.open, at, count * share);
    for (const [at, count = 0] of closed.entries()) addTo(group.closed, at, count * share);
  }
}

function addTo(counts: number[], at: number, more: number): void {
  while (counts.length <= at) counts.push(0);
  counts[at] = (counts[at] ?? 0) + more;
}

function total(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

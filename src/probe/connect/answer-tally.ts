import type { LossEstimate } from '../../model/scan.ts';
import { type AnswerCounts, estimateLoss } from '../loss-estimate.ts';

/**
 * SYNs that the kernel sends again of its own within `ms` of a connection attempt: after 1, 3, 7 …
 * seconds (RFC 6298, 2.1 and 5.5). Each is one more probe to the port.
 */
export function resentWithin(ms: number): number {
  return ms < 1000 ? 0 : Math.floor(Math.log2(ms / 1000 + 1));
}

/** Of one host: how many ports proved open or closed at which SYN, and after how many silence was believed. */
export class HostAnswers {
  /** Index 0 is the first SYN. */
  readonly open: number[] = [];
  readonly closed: number[] = [];
  readonly silent: number[] = [];

  answered(state: 'open' | 'closed', syn: number): void {
    addTo(state === 'open' ? this.open : this.closed, syn - 1, 1);
  }

  believedSilent(syns: number): void {
    addTo(this.silent, syns - 1, 1);
  }
}

/** Answers of all hosts, apart by the number of SYNs that silent ports of the same kind of host got. */
export class AnswerTally {
  readonly #groups = new Map<number, AnswerCounts & { open: number[]; closed: number[] }>();
  /**
   * Hosts of which a single port answered: had that been silent too, it had been asked no more than
   * the silent ports of the hosts that never answered, which are here as well.
   */
  readonly #lone = new HostAnswers();
  #silent = 0;

  /**
   * `otherwise` is the number of SYNs that a silent port would have got where none was silent. That a
   * host loses the answers of several ports, and so is not asked more often, is left out: with
   * two ports and 10 % loss it happens to one host in 10,000.
   */
  add(host: HostAnswers, otherwise: number): void {
    const { open, closed, silent } = host;
    this.#silent += total(silent);
    const answered = total(open) + total(closed);
    if (answered === 0) addAll(this.#lone.silent, silent, 1);
    else if (answered > 1) this.#spread(host, otherwise);
    else {
      addAll(this.#lone.open, open, 1);
      addAll(this.#lone.closed, closed, 1);
    }
  }

  /** How many open ports were missed by the hosts of both; `base` is what a silent host's port gets at least. */
  estimate(more: AnswerTally, base: number): LossEstimate | undefined {
    const both = new AnswerTally();
    for (const tally of [this, more]) {
      for (const { attempts, open, closed } of tally.#groups.values()) {
        both.#share(attempts, 1, open, closed);
      }
      addAll(both.#lone.open, tally.#lone.open, 1);
      addAll(both.#lone.closed, tally.#lone.closed, 1);
      addAll(both.#lone.silent, tally.#lone.silent, 1);
    }
    both.#spread(both.#lone, base);
    const silent = this.#silent + more.#silent;
    return estimateLoss({ ports: [...both.#groups.values()], silent });
  }

  /** Counts answers where silence was believed after as many SYNs, by the share of each number. */
  #spread({ open, closed, silent }: HostAnswers, otherwise: number): void {
    const all = total(silent);
    if (all === 0) return this.#share(otherwise, 1, open, closed);
    for (const [at, count = 0] of silent.entries()) {
      if (count > 0) this.#share(at + 1, count / all, open, closed);
    }
  }

  #share(syns: number, share: number, open: readonly number[], closed: readonly number[]): void {
    const group = this.#groups.get(syns) ?? { attempts: syns, open: [], closed: [] };
    this.#groups.set(syns, group);
    addAll(group.open, open, share);
    addAll(group.closed, closed, share);
  }
}

function addAll(counts: number[], more: readonly number[], share: number): void {
  for (const [at, count = 0] of more.entries()) addTo(counts, at, count * share);
}

function addTo(counts: number[], at: number, more: number): void {
  while (counts.length <= at) counts.push(0);
  counts[at] = (counts[at] ?? 0) + more;
}

function total(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

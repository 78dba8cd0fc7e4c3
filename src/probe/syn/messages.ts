import type { StackFacts } from '../../model/port.ts';
import type { HostBlock } from './hosts.ts';
import type { RoundCount } from './rounds.ts';
import type { RunCounts, RunSettings } from './run.ts';

/** Cells of the memory that both threads share: nonzero stops the run, lets it rest, or lets it begin. */
export const CONTROL = { stop: 0, rest: 1, begin: 2 } as const;

/** To the sending thread; `begin` comes first and once, `end`: there will be no more chunks. */
export type Order =
  | { readonly type: 'begin'; readonly run: RunSettings }
  | { readonly type: 'chunk'; readonly id: number; readonly block: HostBlock }
  | { readonly type: 'end' };

/** From the sending thread. */
export type Report =
  | { readonly type: 'failed'; readonly error: number }
  /** It could do with another chunk. */
  | { readonly type: 'hungry' }
  /** Answers, `ANSWER_WORDS` each, and the looks of SYN-ACKs that are new among them. */
  | {
      readonly type: 'answers';
      readonly words: Uint32Array;
      readonly stacks: readonly StackFacts[];
    }
  | { readonly type: 'finished'; readonly id: number; readonly settled: Uint32Array }
  | { readonly type: 'stats'; readonly stats: ThreadStats }
  | { readonly type: 'done' };

export interface ThreadStats {
  readonly counts: RunCounts;
  /** Infinity without a limit. */
  readonly targetRate: number;
  /** Answers by the number of rounds that silent ports got. */
  readonly answers: readonly (readonly [number, RoundCount])[];
}

/** An answer in 32-bit words: chunk, probe, reason, round trip in microseconds, look. */
export const ANSWER_WORDS = 5;
/** Stands for "not known" in the last two. */
export const UNKNOWN = 0xffff_ffff;

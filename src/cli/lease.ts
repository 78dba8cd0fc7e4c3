import type { JobProgress } from '../contract/service/jobs.ts';
import { startLoop } from '../net/loop.ts';
import type { Store } from '../store/open.ts';
import { type Held, heartbeat, type Word } from '../store/queries/jobs.ts';

/** How long a job is nobody else's after the last sign of life. */
export const LEASE_MS = 60_000;
/** The same while a report is written: that may take the store's only writing lock for minutes. */
const RECORDING_MS = 10 * 60_000;
const BEAT_MS = 1000;

/** A job that this process holds. */
export interface Lease {
  /** Ends the work: somebody cancelled or paused it, or another worker has it now. */
  readonly signal: AbortSignal;
  /** What was said last. */
  readonly word: () => Word;
  /** Read with every sign of life. */
  progress: () => JobProgress | null;
  /** Holds the job for long, to record what was found; false: it is another's. */
  forRecording(): Promise<boolean>;
  /** Ends the signs of life. */
  stop(): Promise<void>;
}

/** Shows once a second that this worker lives, and how far it is. */
export function holdLease(store: Store, held: Held, now: () => number): Lease {
  const ending = new AbortController();
  let word: Word = 'go on';
  let seenAt = performance.now();
  const hear = (said: Word): void => {
    word = said;
    if (said !== 'go on') ending.abort();
  };
  const beat = async (forMs: number): Promise<void> => {
    const leaseUntil = now() + forMs;
    const progress = lease.progress();
    hear(await store.write((tx) => heartbeat(tx, held, { leaseUntil, progress })));
    seenAt = performance.now();
  };
  let stopped: Promise<void> | undefined;
  const lease: Lease = {
    signal: ending.signal,
    word: () => word,
    progress: () => null,
    forRecording: async () => {
      await lease.stop();
      await beat(RECORDING_MS);
      return word !== 'lost';
    },
    stop: () => (stopped ??= loop.stop()),
  };
  const loop = startLoop({
    everyMs: BEAT_MS,
    work: () => beat(LEASE_MS),
    // the store may be busy for a moment; after the lease another worker has the job
    onFault: () => {
      if (performance.now() - seenAt > LEASE_MS) hear('lost');
    },
  });
  return lease;
}

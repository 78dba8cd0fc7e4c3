import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { problem } from '../model/errors.ts';
import type { Change } from '../model/history.ts';

/** Packed reports (gzipped JSON), and how many changes are wanted. */
export interface DiffOrder {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly most: number;
}

export interface DiffTold {
  readonly changes: readonly Change[];
  readonly total: number;
}

/** Each has two whole reports in memory. */
const AT_ONCE = 1;
const MOST_WAITING = 8;
const WITHIN_MS = 25_000;
const MEMORY_MB = 1024;

/** Found from src/, from dist/ and from the bundle: the thread is an entry of the bundle. */
const THREAD = new URL('../../dist/program/diff-thread.js', import.meta.url);

const queue = pLimit(AT_ONCE);

/** Compares two reports away from the event loop. Throws API_TOO_MANY, API_SLOW. */
export function diffReports(order: DiffOrder): Promise<DiffTold> {
  if (queue.pendingCount >= MOST_WAITING) {
    throw problem('API_TOO_MANY', { value: 'comparisons of scans' });
  }
  return queue(() => inThread(order));
}

async function inThread(order: DiffOrder): Promise<DiffTold> {
  const thread = new Worker(THREAD, {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  const signal = AbortSignal.timeout(WITHIN_MS);
  try {
    const heard = once(thread, 'message', { signal });
    // a server that stops does not wait for it; listening made it wait
    thread.unref();
    thread.postMessage(order);
    const [told] = (await heard) as [DiffTold];
    return told;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw problem('API_SLOW', { value: 'the comparison', seconds: WITHIN_MS / 1000 }, error);
  } finally {
    await thread.terminate();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PosternError } from '../model/errors.ts';

/** Work that is done again and again, one turn at a time. */
export interface Loop {
  /** There is something to do now: the next turn begins at once, or as soon as this one has ended. */
  wake(): void;
  /** Ends the turn under way by its signal and resolves when it has ended. */
  stop(): Promise<void>;
  /** What keeps it from turning; null: it turns. */
  trouble?(): string | null;
}

/** A turn that takes longer is stuck, as far as anybody can tell. */
const STUCK_MS = 5 * 60 * 1000;

export interface LoopOptions {
  /** Between the end of a turn and the next. */
  readonly everyMs: number;
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** A turn that fails is told, and the next one comes as ever. */
  readonly onFault: (error: unknown) => void;
}

/** Starts with a turn at once. */
export function startLoop({ everyMs, work, onFault }: LoopOptions): Loop {
  const stopping = new AbortController();
  let waking = new AbortController();
  let begun: number | null = null;
  let failure: string | null = null;
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      waking = new AbortController();
      begun = performance.now();
      try {
        await work(stopping.signal);
        failure = null;
      } catch (error) {
        failure = messageOf(error);
        if (!stopping.signal.aborted) onFault(error);
      }
      begun = null;
      const signal = AbortSignal.any([stopping.signal, waking.signal]);
      await sleep(everyMs, undefined, { signal, ref: true }).catch(() => undefined);
    }
  };
  const done = run();
  return {
    wake: () => waking.abort(),
    trouble: () => {
      const isStuck = begun !== null && performance.now() - begun > STUCK_MS;
      return isStuck ? 'its turn does not end' : failure;
    },
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

/**
 * Does the work for one after the other: one that fails holds up no other. Throws the first failure in
 * the end, and at once what is the fault of none of them: an error of the store.
 */
export async function eachForItself<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (error instanceof PosternError && error.code.startsWith('STORE_')) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

import { setTimeout as sleep } from 'node:timers/promises';
import { eachForItself, type Loop, startLoop } from '../net/loop.ts';
import type { Store } from '../store/open.ts';
import { countClaimable, holders, releaseWorker } from '../store/queries/job-claims.ts';
import { startWorker, type WorkerChild } from './child.ts';
import { holdForBlackouts, queueDue, queueNames } from './turn.ts';

/** Between two looks at what is to be done, when nobody wakes the loop. */
const EVERY_MS = 1000;
/** What a worker has to give its job back in. */
const STOP_MS = 8000;
/** How long no worker is started after one went wrong, doubled each time. */
const PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;
const NAMES_EVERY_MS = 60 * 60 * 1000;
/** A worker that holds no job for so long hangs: a report of many hosts may outlast the hold on its job. */
const HUNG_MS = 10 * 60 * 1000;

export interface JobsOptions {
  readonly store: Store;
  /** Program and arguments before `worker`: Node, bin/postern.js, and `--data` where there is one. */
  readonly command: readonly string[];
  /** Environment of workers: names the database, where the command does not. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Processes at most. 0: jobs are queued here, and workers elsewhere run them. */
  readonly workers: number;
  readonly now: () => number;
  /** What went wrong and changes nothing for the server. */
  readonly onFault: (error: unknown) => void;
  /** How often the names among assets are resolved; default 1 h. */
  readonly namesEveryMs?: number;
  /** After how long without a hold on a job a worker is killed; default 10 min. */
  readonly hungMs?: number;
}

/**
 * Queues what is due and starts a worker process for each job that can run. Scans nothing itself, and
 * keeps nothing that another server would have to know. Stopping ends the workers within 8 s; what
 * they did is kept, and goes on when somebody starts again.
 */
export function startJobs(options: JobsOptions): Loop {
  const supervisor = new Supervisor(options);
  const loop = startLoop({
    everyMs: EVERY_MS,
    work: (signal) => supervisor.turn(signal),
    onFault: options.onFault,
  });
  supervisor.onFree = () => loop.wake();
  return {
    wake: () => loop.wake(),
    stop: async () => {
      await loop.stop();
      await supervisor.stop();
    },
  };
}

class Supervisor {
  readonly #options: JobsOptions;
  readonly #children = new Map<WorkerChild, Promise<void>>();
  /** Milliseconds that a worker has held no job for, as far as the store could be asked. */
  readonly #idle = new Map<WorkerChild, number>();
  #askedAt = performance.now();
  /** Workers that went wrong in a row. */
  #faults = 0;
  #pausedUntil = 0;
  onFree: () => void = () => undefined;

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  async turn(signal: AbortSignal): Promise<void> {
    const { store, now, namesEveryMs = NAMES_EVERY_MS } = this.#options;
    const steps = [
      () => queueDue(store, now()),
      () => queueNames(store, now(), namesEveryMs),
      () => holdForBlackouts(store, now()),
      () => this.#killHung(),
      () => this.#startWorkers(signal),
    ];
    await eachForItself(steps, async (step) => {
      if (!signal.aborted) await step();
    });
  }

  /** One that does not die keeps its place here, and the file of the job that others are to go on with. */
  async #killHung(): Promise<void> {
    const { store, now, hungMs = HUNG_MS } = this.#options;
    const children = [...this.#children.keys()];
    if (children.length === 0) return;
    const workers = children.map(({ worker }) => worker);
    const busy = new Set(await store.read((db) => holders(db, workers, now())));
    // where the store did not answer, workers could not say that they live
    const passed = Math.min(performance.now() - this.#askedAt, 2 * EVERY_MS);
    this.#askedAt = performance.now();
    for (const child of children) {
      const idle = busy.has(child.worker) ? 0 : (this.#idle.get(child) ?? 0) + passed;
      this.#idle.set(child, idle);
      if (idle > hungMs) child.kill('SIGKILL');
    }
  }

  async #startWorkers(signal: AbortSignal): Promise<void> {
    const { store, workers, now, command, env } = this.#options;
    const free = workers - this.#children.size;
    // by a clock that nobody sets
    if (free <= 0 || performance.now() < this.#pausedUntil) return;
    const claimable = await store.read((db) => countClaimable(db, now()));
    if (signal.aborted) return;
    // those that are starting have not claimed theirs yet, and end at once when nothing is left
    for (let count = Math.min(free, claimable); count > 0; count -= 1) {
      const child = startWorker(command, env);
      this.#children.set(child, this.#watch(child));
    }
  }

  async #watch(child: WorkerChild): Promise<void> {
    const { problem } = await child.ended;
    try {
      await this.#options.store.write((tx) => releaseWorker(tx, child.worker, problem));
    } catch (error) {
      this.#options.onFault(error);
    }
    this.#children.delete(child);
    this.#idle.delete(child);
    if (problem === null) this.#faults = 0;
    else this.#note(problem);
    this.onFree();
  }

  #note(problem: string): void {
    const pause = Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** this.#faults);
    this.#faults += 1;
    this.#pausedUntil = performance.now() + pause;
    this.#options.onFault(new Error(`a worker ended: ${problem}`));
  }

  async stop(): Promise<void> {
    const late = new AbortController();
    for (const child of this.#children.keys()) child.kill('SIGTERM');
    const all = Promise.all(this.#children.values()).finally(() => late.abort());
    await sleep(STOP_MS, undefined, { signal: late.signal }).catch(() => undefined);
    for (const child of this.#children.keys()) child.kill('SIGKILL');
    await all;
  }
}

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followNames } from '../../jobs/follow-names.ts';
import { messageOf, PosternError, problem } from '../../model/errors.ts';
import { createResolver } from '../../net/dns.ts';
import { compact } from '../../store/compact.ts';
import { dataFolder, LOCAL } from '../../store/open.ts';
import { followNamesAt } from '../../store/queries/asset-addresses.ts';
import { compactionSettings } from '../../store/queries/compaction.ts';
import { claimJob, failJob } from '../../store/queries/job-claims.ts';
import { endJob, giveBack } from '../../store/queries/jobs.ts';
import { removeEnded } from '../../store/remove-ended.ts';
import type { JobRow } from '../../store/service-schema.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { interruptible } from '../interrupt.ts';
import { journalOf, sweepJournals } from '../job-files.ts';
import { holdLease, LEASE_MS, type Lease } from '../lease.ts';
import { type JobContext, type JobResult, runScanJob } from '../scan-job.ts';
import type { Terminal } from '../terminal.ts';
import { collectGarbage } from '../thrift.ts';
import { withStore } from '../with-store.ts';
import type { WorkerOptions } from '../worker-program.ts';

/** Between two looks for a job. */
const IDLE_MS = 2000;
/** Until a job is tried again whose file another process still uses. */
const BUSY_MS = 30_000;

/**
 * Runs jobs of the queue: one with `--once`, else one after the other until it is told to stop. A job
 * under way is then given back, and goes on with the next worker.
 */
export async function workerCommand(
  options: WorkerOptions,
  terminal: Terminal,
  version: string,
): Promise<ExitCode> {
  const interrupt = interruptible(() => terminal.err.write('stopping\n'));
  const stopCollecting = collectGarbage();
  const { signal } = interrupt;
  const folder = join(dataFolder(options.data, process.env), 'jobs');
  const worker = options.as ?? `${hostname()}:${randomUUID()}`;
  try {
    return await withStore(options, async (store) => {
      const setup = { store, folder, version, worker, signal, now: Date.now };
      await sweepJournals(store, folder, Date.now());
      do {
        const job = await next(setup);
        if (job !== null) await runJob(job, setup);
        else if (options.once !== true) {
          await sleep(IDLE_MS, undefined, { signal }).catch(() => undefined);
        }
      } while (options.once !== true && !signal.aborted);
      return EXIT.fine;
    });
  } finally {
    stopCollecting();
    interrupt.release();
  }
}

interface Setup extends Omit<JobContext, 'lease'> {
  readonly worker: string;
}

function next({ store, worker, now, signal }: Setup): Promise<JobRow | null> {
  if (signal.aborted) return Promise.resolve(null);
  const claimant = { worker, now: now(), leaseMs: LEASE_MS };
  return store.write((tx) => claimJob(tx, store.facts, claimant));
}

async function runJob(job: JobRow, setup: Setup): Promise<void> {
  const { store, worker, now } = setup;
  const held = { tenant: job.tenant, id: job.id, worker };
  const lease = holdLease(store, held, now);
  const signal = AbortSignal.any([setup.signal, lease.signal]);
  try {
    const result = await KINDS[job.kind](job, { ...setup, lease, signal });
    await lease.stop();
    await settle(job, result, lease, setup);
  } catch (error) {
    await lease.stop();
    await fail(job, error, lease, setup);
  }
}

const KINDS: {
  readonly [Kind in JobRow['kind']]: (job: JobRow, context: JobContext) => Promise<JobResult>;
} = {
  scan: runScanJob,
  dns: runNamesJob,
  compact: runCompactJob,
};

async function runNamesJob({ tenant, id }: JobRow, context: JobContext): Promise<JobResult> {
  const { store, signal, now } = context;
  const resolver = createResolver({ signal });
  const count = await followNames({ store, tenant, resolver, signal, now, batch: id });
  // nobody has to ask again until there is a name
  if (count === 0) await store.write((tx) => followNamesAt(tx, tenant, null));
  return { complete: !signal.aborted, problem: null, clean: async () => undefined };
}

async function runCompactJob({ tenant }: JobRow, context: JobContext): Promise<JobResult> {
  const { store, signal, now } = context;
  if (tenant === LOCAL) await removeEnded(store, now(), signal);
  const settings = await store.read((db) => compactionSettings(db, tenant));
  await compact(store, tenant, settings, now(), signal);
  return { complete: true, problem: null, clean: async () => undefined };
}

async function settle(
  { tenant, id }: JobRow,
  { complete, problem: seen, clean }: JobResult,
  lease: Lease,
  { store, worker, now }: Setup,
): Promise<void> {
  const held = { tenant, id, worker };
  const cancelled = lease.word() === 'cancel';
  if (complete || cancelled) {
    const status = complete ? 'done' : 'cancelled';
    const text = seen === null ? null : `${seen.code}: ${seen.message}`;
    const ended = await store.write((tx) =>
      endJob(tx, held, { status, now: now(), problem: text }),
    );
    if (ended) await clean();
  } else if (lease.word() !== 'lost') {
    await store.write((tx) => giveBack(tx, held, { now: now() }));
  }
}

async function fail(
  job: JobRow,
  error: unknown,
  lease: Lease,
  { store, worker, now, signal, folder }: Setup,
): Promise<void> {
  if (error instanceof PosternError && error.code.startsWith('STORE_')) throw error;
  const held = { tenant: job.tenant, id: job.id, worker };
  // what cutting it off breaks is no fault of the job
  if (signal.aborted || lease.signal.aborted) {
    await store.write((tx) => giveBack(tx, held, { now: now() }));
    return;
  }
  if (error instanceof PosternError && error.code === 'RESUME_BUSY') {
    await store.write((tx) => giveBack(tx, held, { now: now(), dueAt: now() + BUSY_MS }));
    return;
  }
  const known =
    error instanceof PosternError
      ? error
      : problem('JOB_FAULT', { value: job.id, problem: messageOf(error) }, error);
  const text = `${known.code}: ${known.message}`;
  await rm(journalOf(folder, job.id), { force: true });
  await store.write((tx) =>
    failJob(tx, store.facts, { ...job, worker }, { now: now(), problem: text }),
  );
  if (known !== error) throw error;
}

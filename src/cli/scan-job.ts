import { mkdir, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type ScanJob, scanJob } from '../contract/service/jobs.ts';
import { planScan } from '../jobs/scan-plan.ts';
import { readAll, withoutGrant } from '../jobs/targets.ts';
import { PosternError, problem } from '../model/errors.ts';
import type { ScanReport } from '../model/scan.ts';
import { createResolver } from '../net/dns.ts';
import { takeLock } from '../pipeline/journal/lock.ts';
import { Journal } from '../pipeline/journal/open.ts';
import { look } from '../pipeline/look.ts';
import type { Store } from '../store/open.ts';
import { ungranted } from '../store/queries/grants.ts';
import { scanById } from '../store/queries/scans.ts';
import { bringForward } from '../store/queries/schedules.ts';
import { exclusionsOf, policyOf } from '../store/queries/settings.ts';
import { noteLooks } from '../store/queries/target-looks.ts';
import { recordLook } from '../store/record.ts';
import type { JobRow } from '../store/service-schema.ts';
import { guardInside } from './inside-guard.ts';
import { journalOf } from './job-files.ts';
import type { Lease } from './lease.ts';
import { type GivenOptions, SCAN_DEFAULTS } from './options.ts';
import { openJournal, resumedOptions } from './resume.ts';
import { requestFor } from './scan-request.ts';

/** The soonest that a schedule by priority runs again. */
const SOONEST_MS = 60_000;

export interface JobContext {
  readonly store: Store;
  readonly lease: Lease;
  /** Of the process and of the lease. */
  readonly signal: AbortSignal;
  /** Where what a job found is kept while it runs. */
  readonly folder: string;
  readonly version: string;
  readonly now: () => number;
}

export interface JobResult {
  /** False: it was stopped before its end. */
  readonly complete: boolean;
  /** What did not go well all the same. */
  readonly problem: PosternError | null;
  /** Takes away what was kept in case the job had to go on; called once the job has ended. */
  readonly clean: () => Promise<void>;
}

const NOTHING_KEPT = async (): Promise<void> => undefined;

/**
 * Runs a scan job as `postern scan --resume` would, goes on where an earlier worker was, and stores
 * what was found. Throws TARGET_NOT_GRANTED, QUOTA, NO_TARGETS, RESUME_BUSY, and what a
 * scan throws.
 */
export async function runScanJob(job: JobRow, context: JobContext): Promise<JobResult> {
  const { store, folder } = context;
  const done = await store.read((db) => scanById(db, job.tenant, job.id));
  const path = journalOf(folder, job.id);
  const clean = () => rm(path, { force: true });
  // recorded, and then its worker went away
  if (done !== null) return { complete: true, problem: null, clean };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await takeLock(`${path}.lock`, path);
  try {
    return await new ScanRun(job, path, context).run();
  } finally {
    await lock.release();
  }
}

class ScanRun {
  readonly #job: JobRow;
  readonly #spec: ScanJob;
  readonly #path: string;
  readonly #context: JobContext;
  /** What of the targets was left out. */
  #without: PosternError | null = null;
  /** When a schedule by priority has more to do; null: it is not by priority, or has not. */
  #next: number | null = null;

  constructor(job: JobRow, path: string, context: JobContext) {
    this.#job = job;
    this.#spec = scanJob.parse(JSON.parse(job.spec));
    this.#path = path;
    this.#context = context;
  }

  async run(): Promise<JobResult> {
    const { signal, store } = this.#context;
    const journal = (await this.#known()) ?? (await this.#begin());
    if (journal === null) {
      await store.write((tx) => this.#comeBack(tx));
      return { complete: true, problem: this.#without, clean: NOTHING_KEPT };
    }
    const report = await this.#scan(journal);
    if (signal.aborted) return this.#stopped(report);
    const barred = report.scan.problems.find(({ code }) => code === 'TARGET_NOT_GRANTED');
    if (barred !== undefined && report.scan.stats.hosts === 0) {
      await rm(this.#path, { force: true });
      throw new PosternError('TARGET_NOT_GRANTED', barred.message);
    }
    await this.#record(report);
    await store.write(async (tx) => {
      const { targets } = report.scan.scope;
      const at = Date.parse(report.scan.endedAt);
      await noteLooks(tx, this.#job.tenant, store.facts, [...new Set(targets)], at);
      await this.#comeBack(tx);
    });
    const problemSeen =
      barred === undefined ? null : new PosternError('TARGET_NOT_GRANTED', barred.message);
    return {
      complete: true,
      problem: this.#without ?? problemSeen,
      clean: () => rm(this.#path, { force: true }),
    };
  }

  /** What an earlier worker began, if all of it may still be scanned. */
  async #known(): Promise<Journal | null> {
    const { store } = this.#context;
    try {
      const journal = await Journal.open(this.#path);
      if (journal === null) return null;
      const texts: string[] = [];
      for await (const { target } of journal.targets()) texts.push(target.text);
      const targets = readAll(texts, 'target');
      const lost = await store.read((db) => withoutGrant(db, this.#job.tenant, targets));
      const excluded = new Set(journal.exclude);
      const missed = (await this.#excluded()).filter((text) => !excluded.has(text));
      // a plan keeps what it was made with; what was excluded since is left alone all the same
      if (lost.length === 0 && missed.length === 0) return journal;
    } catch (error) {
      // nothing of it was told to anybody: it is begun anew
      if (!(error instanceof PosternError) || !error.code.startsWith('RESUME_')) throw error;
    }
    await rm(this.#path, { force: true });
    return null;
  }

  /** What no scan of the tenant may touch: its own exclusions, and those of the installation. */
  async #excluded(): Promise<readonly string[]> {
    const { store } = this.#context;
    const found = await store.read((db) => exclusionsOf(db, this.#job.tenant));
    return [...found.tenant, ...found.installation];
  }

  /** Null: nothing is due. */
  async #begin(): Promise<Journal | null> {
    const { store, now, version, signal } = this.#context;
    const { tenant, id } = this.#job;
    const plan = await store.read((db) => planScan(db, tenant, this.#spec, now()));
    this.#without = plan.without;
    this.#next = plan.next;
    if (plan.targets.length === 0) {
      if (this.#spec.due !== undefined) return null;
      throw problem('NO_TARGETS', { value: 'no asset belongs to the groups' });
    }
    const policy = await store.read((db) => policyOf(db, tenant));
    const { exclude = [], ...settings } = this.#spec.scan;
    return openJournal({
      path: this.#path,
      targets: plan.targets,
      given: { ...settings, exclude: [...exclude, ...(await this.#excluded())] },
      stdin: Readable.from([]),
      tool: `postern ${version}`,
      signal,
      policy: policy === null ? null : { path: 'the policy', text: policy },
      id,
    });
  }

  async #scan(journal: Journal): Promise<ScanReport> {
    const { store, version, signal, lease } = this.#context;
    const { rate, perHost, timeout } = this.#spec.scan;
    const given: GivenOptions = {
      rate: rate ?? SCAN_DEFAULTS.rate,
      perHost: perHost ?? SCAN_DEFAULTS.perHost,
      ...(timeout === undefined ? {} : { timeout }),
    };
    const { policy } = journal.header.settings;
    const choice = { targets: [], options: resumedOptions(journal, given), policy, journal };
    const resolver = guardInside(createResolver({ signal }), (addresses) =>
      store.read((db) => ungranted(db, this.#job.tenant, addresses)),
    );
    const request = await requestFor(choice, version, signal, resolver);
    const scan = look({ ...request, onProblem: () => undefined, onNote: () => undefined });
    lease.progress = () => ({
      done: scan.progress.engine.outcomes,
      total: scan.total() ?? null,
      open: scan.progress.open,
      hosts: scan.progress.hosts,
    });
    return scan.run();
  }

  /** What was found until somebody cancelled is kept, as after Ctrl-C; a scan that goes on is not over. */
  async #stopped(report: ScanReport): Promise<JobResult> {
    const cancelled = this.#context.lease.word() === 'cancel';
    if (cancelled && report.hosts.length > 0) await this.#record(report);
    const clean = cancelled ? () => rm(this.#path, { force: true }) : NOTHING_KEPT;
    return { complete: false, problem: null, clean };
  }

  async #record(report: ScanReport): Promise<void> {
    const { store, lease } = this.#context;
    await lease.forRecording();
    // safe for whoever does it: the id of the look is that of the job
    await recordLook(store, this.#job.tenant, 'scan', report);
  }

  async #comeBack(tx: Parameters<Parameters<Store['write']>[0]>[0]): Promise<void> {
    const { tenant, schedule } = this.#job;
    if (schedule === null || this.#next === null) return;
    const at = Math.max(this.#next, this.#context.now() + SOONEST_MS);
    await bringForward(tx, tenant, schedule, at);
  }
}

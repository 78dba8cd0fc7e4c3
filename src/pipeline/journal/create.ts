import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, problem } from '../../model/errors.ts';
import type { Problem } from '../../model/scan.ts';
import type { Leaf } from '../../targets/read.ts';
import type { Placed } from '../../targets/target.ts';
import { type Entry, type Manner, type PlanSettings, SCHEMA } from './entry.ts';
import { encodeLine } from './line.ts';
import { digestOf, ListDigest, sealOf } from './plan.ts';

/** Targets, or exclusions, in one line of the file. */
const IN_A_LINE = 1000;

/** A scan that is about to begin. */
export interface NewPlan {
  readonly tool: string;
  readonly id: string;
  readonly startedAt: string;
  readonly settings: PlanSettings;
  readonly manner: Manner;
  /** Read to their end before the scan begins: the file holds what they were. */
  readonly targets: AsyncIterable<Placed<Leaf>>;
  /** What was wrong with targets; asked for when all have been read. */
  readonly problems: () => readonly Problem[];
  readonly exclude: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Writes the plan of a scan beside its place and moves it there: there is all of it or nothing.
 * Throws RESUME_FILE, and the signal's reason when cancelled.
 */
export async function createJournal(path: string, plan: NewPlan): Promise<void> {
  // the caller holds the lock: what stands there is of a process that was killed
  const beside = `${path}.part`;
  try {
    await rm(beside, { force: true });
    const handle = await open(beside, 'wx', 0o600);
    try {
      for await (const entry of entriesOf(plan)) await handle.write(encodeLine(entry));
      await handle.sync();
    } finally {
      await handle.close();
    }
    plan.signal.throwIfAborted();
    await rename(beside, path);
    await syncFolder(path);
  } catch (error) {
    await rm(beside, { force: true });
    plan.signal.throwIfAborted();
    throw problem('RESUME_FILE', { value: path, problem: messageOf(error) }, error);
  }
}

async function* entriesOf(plan: NewPlan): AsyncGenerator<Entry> {
  const { tool, id, startedAt, settings, manner, exclude } = plan;
  yield { type: 'journal', schema: SCHEMA, tool, id, startedAt, settings, manner };
  const digest = new ListDigest();
  let targets: [string, string][] = [];
  for await (const { target, where } of plan.targets) {
    digest.add(target.text);
    targets.push([target.text, where]);
    if (targets.length < IN_A_LINE) continue;
    yield { type: 'targets', targets };
    targets = [];
  }
  yield { type: 'targets', targets };
  for (let at = 0; at < exclude.length; at += IN_A_LINE) {
    yield { type: 'exclude', exclude: exclude.slice(at, at + IN_A_LINE) };
  }
  for (const { code, message } of plan.problems()) yield { type: 'problem', code, message };
  yield { type: 'plan', ...sealOf(settings, digest.hex(), digestOf(exclude)) };
}

/** A file's name is on the disk only when its folder is; some systems open no folders. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(dirname(resolve(path)), 'r');
    await folder.sync();
  } catch {
    // without it, a power cut in the next seconds costs the file, nothing else
  } finally {
    await folder?.close();
  }
}

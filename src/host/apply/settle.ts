import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { FileWrite } from '../../firewall/kind.ts';
import { messageOf, problem } from '../../model/errors.ts';
import { runStep, takeBack } from './apply.ts';
import type { ChangeRecord, ChangeState, ChangeStore } from './change-store.ts';
import { digestOf, readRulesets } from './snapshot.ts';

/** Files as a confirmed change left them: SHA-256, or null for one that is not there. */
const digestsSchema = z.record(z.string(), z.string().nullable());

export type ConfirmResult = 'confirmed' | 'was-confirmed';

/**
 * Keeps a change: stops its watchdog and makes it outlive a restart. May be repeated. Throws
 * REMEDY_UNKNOWN, REMEDY_OVER when it was taken back, REMEDY_PERSIST when it is in force only.
 */
export async function confirmChange(store: ChangeStore, id: string): Promise<ConfirmResult> {
  const before = await store.read(id);
  const verdict = await store.decide(id, 'confirmed');
  if (verdict !== 'confirmed' || before.takenBack) {
    throw problem('REMEDY_OVER', { id, reason: reasonOf(verdict) });
  }
  if (before.persisted) return 'was-confirmed';
  for (const step of before.record.persist) {
    const trouble = await persist(step);
    if (trouble !== null) throw problem('REMEDY_PERSIST', { id, problem: trouble });
  }
  await store.write(id, 'persisted', JSON.stringify(await digests(before.record)));
  await store.settle(id);
  return 'confirmed';
}

function reasonOf(verdict: string): string {
  if (verdict === 'expired') return 'nobody confirmed it in time';
  return verdict === 'failed' ? 'a step or a check failed' : 'by postern undo';
}

async function persist(step: ChangeRecord['persist'][number]): Promise<string | null> {
  if ('path' in step) return await writeWhole(step);
  const result = await runStep(step);
  return result.state === 'ok' ? null : `${step.argv[0]}: ${result.problem}`;
}

/** Renamed into its place, links followed. */
async function writeWhole({ path, text, mode }: FileWrite): Promise<string | null> {
  const target = await realpath(path).catch(() => path);
  const near = `${target}.postern-new`;
  try {
    await mkdir(dirname(target), { recursive: true });
    const old = await stat(target).catch(() => null);
    await writeFile(near, text, { mode: mode ?? (old === null ? 0o644 : old.mode & 0o7777) });
    await rename(near, target);
    return null;
  } catch (error) {
    await rm(near, { force: true });
    return `${path}: ${messageOf(error)}`;
  }
}

async function digests({ files }: ChangeRecord): Promise<Record<string, string | null>> {
  const pairs = await Promise.all(
    files.map(async ({ path }) => [path, await digestOf(path)] as const),
  );
  return Object.fromEntries(pairs);
}

/**
 * Gives the place free that a change holds whose process ended before it armed its way back, and so
 * before it changed anything; false for any other.
 */
export async function dropUnbegun(store: ChangeStore, id: string): Promise<boolean> {
  if ((await store.pending()) !== id || (await store.textOf(id, 'change.json')) !== null)
    return false;
  await store.forget(id);
  return true;
}

export interface UndoResult {
  readonly state: 'undone' | 'was-undone';
  /** Rulesets that are not as before the change: others have changed them since. */
  readonly differing: readonly string[];
}

/**
 * Takes a change back, confirmed or not. May be repeated. Throws REMEDY_UNKNOWN, REMEDY_BUSY while
 * another change is unsettled, REMEDY_CHANGED when a file that would be put back was changed by
 * others (unless `force`), REMEDY_UNDO when a step failed.
 */
export async function undoChange(
  store: ChangeStore,
  id: string,
  force: boolean,
): Promise<UndoResult> {
  const state = await store.read(id);
  if (state.takenBack) {
    await store.settle(id);
    return { state: 'was-undone', differing: [] };
  }
  const pending = await store.pending();
  if (pending !== null && pending !== id) throw problem('REMEDY_BUSY', { id: pending });
  if (!force) await refuseChanged(store, state);
  const trouble = await takeBack(store, id, 'undone');
  if (trouble !== null) throw problem('REMEDY_UNDO', { id, problem: trouble });
  return { state: 'undone', differing: await differing(store, id) };
}

async function refuseChanged(store: ChangeStore, { record, persisted }: ChangeState) {
  if (!persisted) return;
  const left = digestsSchema.parse(
    JSON.parse((await store.textOf(record.id, 'persisted')) ?? '{}'),
  );
  for (const { path } of record.files) {
    if (left[path] === (await digestOf(path))) continue;
    throw problem('REMEDY_CHANGED', { path, id: record.id });
  }
}

async function differing(store: ChangeStore, id: string): Promise<string[]> {
  const names: string[] = [];
  for (const [name, text] of await readRulesets()) {
    if (((await store.textOf(id, `${name}.txt`)) ?? '') !== text) names.push(name);
  }
  return names;
}

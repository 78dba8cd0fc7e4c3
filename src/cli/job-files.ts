import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../store/open.ts';
import { jobsUnderWay } from '../store/queries/jobs.ts';

const ENDING = '.journal';
/** Younger ones may be of a job that another store knows. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** Where what a scan found is kept until it is stored. */
export function journalOf(folder: string, id: string): string {
  return join(folder, `${id}${ENDING}`);
}

/** Takes away what jobs left behind that ended without their worker: cancelled, or given up. */
export async function sweepJournals(store: Store, folder: string, now: number): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  const ids = files.filter((file) => file.endsWith(ENDING)).map((file) => file.split('.', 1)[0]);
  if (ids.length === 0) return;
  const needed = new Set(await store.read(jobsUnderWay));
  for (const id of ids) {
    if (id === undefined || needed.has(id)) continue;
    const path = journalOf(folder, id);
    const facts = await stat(path).catch(() => null);
    if (facts !== null && facts.mtimeMs < now - STALE_MS) await rm(path, { force: true });
  }
}

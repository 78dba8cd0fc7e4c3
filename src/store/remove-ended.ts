import { hasBytes } from './bulk.ts';
import { FIRST_REPORTS, FIRST_ROWS, inSlices } from './compact.ts';
import type { Store } from './open.ts';
import {
  cancelRunning,
  type EndedTenant,
  endedTenants,
  forgetEnded,
  isAtWork,
  OWNED,
  queueRemoval,
  takeOwned,
} from './queries/ended-tenants.ts';

/** Until it is looked again whether a job has noticed that it is cancelled. */
const AGAIN_MS = 60_000;
/** What was under way when a tenant ended, in any process, has ended itself by then. */
const SETTLED_MS = 60 * 60 * 1000;

/**
 * Takes away all rows of organisations that were deleted, in short transactions, so that others come to
 * write in between. What is stopped half way goes on the next time; what a process wrote that did not
 * know yet goes then too, for the tenant is remembered until all is settled.
 */
export async function removeEnded(store: Store, now: number, signal?: AbortSignal): Promise<void> {
  let waits = false;
  for (const ended of await store.read(endedTenants)) {
    if (await removeOne(store, ended, now, signal)) continue;
    waits = true;
  }
  if (!waits) return;
  const again = { by: 'installation', now, dueAt: now + AGAIN_MS };
  await store.write((tx) => queueRemoval(tx, again));
}

/** False: a job is under way, which goes by the settings of its tenant and may still write. */
async function removeOne(
  store: Store,
  { tenant, endedAt }: EndedTenant,
  now: number,
  signal?: AbortSignal,
): Promise<boolean> {
  await store.write((tx) => cancelRunning(tx, tenant));
  if (await store.read((db) => isAtWork(db, tenant, now))) return false;
  for (const table of OWNED) {
    const first = hasBytes(table) ? FIRST_REPORTS : FIRST_ROWS;
    await inSlices(first, signal, (most) =>
      store.write((tx) => takeOwned(tx, tenant, table, most)),
    );
  }
  if (now - endedAt >= SETTLED_MS) await store.write((tx) => forgetEnded(tx, tenant));
  return true;
}

import { setImmediate as turn } from 'node:timers/promises';
import type { Store } from './open.ts';
import {
  COMPACTED,
  type CompactedRows,
  type CompactionSettings,
  countReports,
  countRows,
  queueCompaction,
  reportsBeyond,
  type TakenReports,
  takeReports,
  takeRows,
  tenantsOf,
} from './queries/compaction.ts';
import { endedTenants } from './queries/ended-tenants.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of one transaction, where a single one may last 100 ms: SQLite works while nothing else does. */
const AIM_MS = 40;
export const FIRST_ROWS = 200;
/** One may have many megabytes. */
export const FIRST_REPORTS = 1;
const MOST = 5000;
/** Pages of 4 KiB given back to the disk in one transaction. */
const PAGES = 250;

export type Compacted = TakenReports & Readonly<Record<CompactedRows, number>>;

/**
 * Takes away what a tenant need not keep any longer, in short transactions, so that others come to
 * write in between. What is stopped half way goes on the next time.
 */
export async function compact(
  store: Store,
  tenant: string,
  settings: CompactionSettings,
  now: number,
  signal?: AbortSignal,
): Promise<Compacted> {
  const taken: Compacted = { ...NOTHING };
  const add = (some: Partial<Compacted>) => Object.assign(taken, sumOf(taken, some));
  const before = await reportsBefore(store, tenant, settings, now);
  await inSlices(FIRST_REPORTS, signal, async (most) => {
    const some = await store.write((tx) => takeReports(tx, tenant, before, most, now));
    add(some);
    return some.reports;
  });
  for (const what of COMPACTED) {
    const ms = overBefore(settings.retention[what], now);
    if (ms === null) continue;
    await inSlices(FIRST_ROWS, signal, async (most) => {
      const count = await store.write((tx) => takeRows(tx, tenant, what, ms, most));
      add({ [what]: count });
      return count;
    });
  }
  await giveBack(store, signal);
  return taken;
}

const NOTHING: Compacted = {
  ...{ reports: 0, bytes: 0, jobs: 0, outbox: 0, events: 0, incidents: 0 },
  ...{ auditLog: 0, agentAudits: 0, changes: 0 },
};

function sumOf(taken: Compacted, some: Partial<Compacted>): Partial<Compacted> {
  return Object.fromEntries(
    Object.entries(some).map(([what, count]) => [what, taken[what as keyof Compacted] + count]),
  );
}

/** What `compact` would take now. */
export async function compactable(
  store: Store,
  tenant: string,
  settings: CompactionSettings,
  now: number,
): Promise<Compacted> {
  const before = await reportsBefore(store, tenant, settings, now);
  const found = { ...NOTHING, ...(await store.read((db) => countReports(db, tenant, before))) };
  for (const what of COMPACTED) {
    const ms = overBefore(settings.retention[what], now);
    if (ms !== null) found[what] = await store.read((db) => countRows(db, tenant, what, ms));
  }
  return found;
}

/** A turn of the server's loop: every tenant is compacted once a day (UTC), by a job. */
export async function queueCompactions(store: Store, now: number): Promise<number> {
  let queued = 0;
  const ended = new Set((await store.read(endedTenants)).map(({ tenant }) => tenant));
  for (const tenant of await store.read(tenantsOf)) {
    if (ended.has(tenant)) continue;
    if (await store.write((tx) => queueCompaction(tx, tenant, now))) queued += 1;
  }
  return queued;
}

function overBefore(days: number | null, now: number): number | null {
  return days === null ? null : now - days * DAY_MS;
}

/** The later of what age and bytes say; 0: nothing goes. */
async function reportsBefore(
  store: Store,
  tenant: string,
  { retention, reportBytes }: CompactionSettings,
  now: number,
): Promise<number> {
  const byAge = overBefore(retention.reports, now) ?? 0;
  if (reportBytes === null) return byAge;
  const bySize = await store.read((db) => reportsBeyond(db, tenant, reportBytes));
  return Math.max(byAge, bySize ?? 0);
}

/** Until a slice takes less than it could; larger ones while they are quick. */
export async function inSlices(
  first: number,
  signal: AbortSignal | undefined,
  take: (most: number) => Promise<number>,
): Promise<void> {
  for (let most = first; ; ) {
    signal?.throwIfAborted();
    const begun = performance.now();
    if ((await take(most)) < most) return;
    const ratio = AIM_MS / Math.max(1, performance.now() - begun);
    most = Math.max(1, Math.min(MOST, Math.floor(most * Math.min(2, ratio))));
    await turn();
  }
}

async function giveBack(store: Store, signal: AbortSignal | undefined): Promise<void> {
  for (let left = Number.POSITIVE_INFINITY; ; ) {
    signal?.throwIfAborted();
    const now = await store.write((tx) => store.facts.reclaim(tx, PAGES));
    if (now === 0 || now >= left) break;
    left = now;
    await turn();
  }
  await store.read((db) => store.facts.settle(db));
}

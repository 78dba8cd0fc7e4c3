import type { Store } from './open.ts';
import { tenantsIn } from './queries/compaction.ts';
import { endAcceptances, hasEndedAcceptance } from './queries/finding-actions.ts';

/**
 * Opens the findings of a tenant again whose acceptance has ended by `now` (ms), whether anybody looks at
 * their hosts or not. Resolves to how many.
 */
export async function endAcceptancesOf(store: Store, tenant: string, now: number): Promise<number> {
  let ended = 0;
  // asked first, so that it waits for no writer where there is nothing to do
  while (await store.read((db) => hasEndedAcceptance(db, tenant, now))) {
    const some = await store.write((tx) => endAcceptances(tx, store.facts, tenant, now));
    ended += some;
    if (some === 0) break;
  }
  return ended;
}

/** A turn of the server's loop. */
export async function endAllAcceptances(store: Store, now: number): Promise<void> {
  for (const tenant of await store.read((db) => tenantsIn(db, 'findings'))) {
    await endAcceptancesOf(store, tenant, now);
  }
}

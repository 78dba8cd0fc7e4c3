import type { Store } from './open.ts';
import { tenantsIn } from './queries/compaction.ts';
import { endAcceptances, hasEndedAcceptance } from './queries/finding-actions.ts';

/** Opens a tenant's findings again whose acceptance has ended by `now` (ms), looked at or not. */
export async function endAcceptancesOf(store: Store, tenant: string, now: number): Promise<void> {
  // asked first, so that it waits for no writer where there is nothing to do
  while (await store.read((db) => hasEndedAcceptance(db, tenant, now))) {
    await store.write((tx) => endAcceptances(tx, store.facts, tenant, now), tenant);
  }
}

/** A turn of the server's loop. */
export async function endAllAcceptances(store: Store, now: number): Promise<void> {
  for (const tenant of await store.read((db) => tenantsIn(db, 'findings'))) {
    await endAcceptancesOf(store, tenant, now);
  }
}

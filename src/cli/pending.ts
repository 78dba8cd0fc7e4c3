import type { ChangeStore } from '../host/apply/change-store.ts';
import { problem } from '../model/errors.ts';

/** The change that waits to be settled. Throws REMEDY_NONE when none does. */
export async function pendingId(store: ChangeStore): Promise<string> {
  const id = await store.pending();
  if (id !== null) return id;
  throw problem('REMEDY_NONE', { folder: store.folder });
}

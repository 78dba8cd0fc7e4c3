import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Place, type Store } from '../../src/store/open.ts';

export interface TestStore {
  readonly store: Store;
  readonly folder: string;
  readonly place: Place;
  /** Closes it and takes its folder away. */
  end(): Promise<void>;
}

/** A new SQLite store in a folder of its own. */
export async function openTestStore(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-store-'));
  const place = { file: join(folder, 'postern.db') };
  const store = await openStore(place);
  const end = async (): Promise<void> => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { store, folder, place, end };
}

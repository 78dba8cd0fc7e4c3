import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openStore, type Place, type Store } from '../../src/store/open.ts';

export interface TestStore {
  readonly store: Store;
  readonly folder: string;
  readonly place: Place;
  /** What makes a command use it: arguments, and variables of the environment. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Closes it and takes its folder away. */
  end(): Promise<void>;
}

/** A store with a folder of its own: a new SQLite file there, or what is at `place`. */
export async function openTestStore(place?: Place): Promise<TestStore> {
  const home = mkdtempSync(join(tmpdir(), 'postern-store-'));
  const at = place ?? { file: join(home, 'postern', 'postern.db') };
  const folder = 'file' in at ? dirname(at.file) : join(home, 'postern');
  mkdirSync(folder, { recursive: true });
  const store = await openStore(at);
  const end = async (): Promise<void> => {
    await store.close();
    rmSync(home, { recursive: true });
  };
  const own = { store, folder, place: at, end };
  return 'url' in at
    ? { ...own, flags: [], env: { XDG_DATA_HOME: home, POSTERN_DATABASE_URL: at.url } }
    : { ...own, flags: ['--data', folder], env: {} };
}

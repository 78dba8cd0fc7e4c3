import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A new store with a folder of its own: an SQLite file there, or the empty PostgreSQL database of `url`. */
export async function openTestStore(url?: string): Promise<TestStore> {
  const home = mkdtempSync(join(tmpdir(), 'postern-store-'));
  const folder = join(home, 'postern');
  mkdirSync(folder);
  const place = url === undefined ? { file: join(folder, 'postern.db') } : { url };
  const store = await openStore(place);
  const end = async (): Promise<void> => {
    await store.close();
    rmSync(home, { recursive: true });
  };
  return {
    ...{ store, folder, place, end },
    flags: url === undefined ? ['--data', folder] : [],
    env: url === undefined ? {} : { XDG_DATA_HOME: home, POSTERN_DATABASE_URL: url },
  };
}

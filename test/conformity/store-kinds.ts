import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openStore, type Place, type Store } from '../../src/store/open.ts';
import { hasPostgres, type Postgres, startPostgres } from '../lab/postgres.ts';
import type { StoreKind } from './store.ts';

/** The kinds of store that can be had here. */
export function storeKinds(): readonly StoreKind[] {
  return hasPostgres() ? [sqliteKind(), postgresKind()] : [sqliteKind()];
}

function sqliteKind(): StoreKind {
  const folders: string[] = [];
  return {
    name: 'an SQLite file',
    start: async () => undefined,
    newPlace: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'postern-store-'));
      folders.push(folder);
      return { file: join(folder, 'sub', 'postern.db') };
    },
    stop: async () => {
      for (const folder of folders) rmSync(folder, { recursive: true });
    },
  };
}

function postgresKind(): StoreKind {
  let postgres: Postgres;
  return {
    name: 'PostgreSQL',
    start: async () => {
      postgres = await startPostgres();
    },
    newPlace: async () => ({ url: await postgres.newDatabase() }),
    stop: () => postgres.stop(),
  };
}

/** A new, empty store before each test of the block that calls this. */
export function newStoreEach(
  kind: StoreKind,
  onOpen: (store: Store, place: Place) => void | Promise<void>,
): void {
  let last: Store | undefined;
  beforeAll(() => kind.start());
  beforeEach(async () => {
    await last?.close();
    const place = await kind.newPlace();
    last = await openStore(place);
    await onOpen(last, place);
  });
  afterAll(async () => {
    await last?.close();
    await kind.stop();
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

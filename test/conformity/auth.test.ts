import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasPostgres, type Postgres, startPostgres } from '../lab/postgres.ts';
import { describeAuth } from './auth.ts';

const folders: string[] = [];

describeAuth({
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
});

if (hasPostgres()) {
  let postgres: Postgres;
  describeAuth({
    name: 'PostgreSQL',
    start: async () => {
      postgres = await startPostgres();
    },
    newPlace: async () => ({ url: await postgres.newDatabase() }),
    stop: () => postgres.stop(),
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasPostgres, type Postgres, startPostgres } from '../lab/postgres.ts';
import { describeLists } from './lists.ts';

let folder: string;

describeLists({
  name: 'an SQLite file',
  start: async () => {
    folder = mkdtempSync(join(tmpdir(), 'postern-lists-'));
  },
  newPlace: async () => ({ file: join(folder, 'postern.db') }),
  stop: async () => {
    rmSync(folder, { recursive: true });
  },
});

if (hasPostgres()) {
  let postgres: Postgres;
  describeLists({
    name: 'PostgreSQL',
    start: async () => {
      postgres = await startPostgres();
    },
    newPlace: async () => ({ url: await postgres.newDatabase() }),
    stop: () => postgres.stop(),
  });
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasPostgres, type Postgres, startPostgres } from '../lab/postgres.ts';
import { describeAlerts } from './alerts.ts';

const folders: string[] = [];

describeAlerts({
  name: 'an SQLite file',
  start: async () => undefined,
  newPlace: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-alerts-'));
    folders.push(folder);
    return { file: join(folder, 'postern.db') };
  },
  stop: async () => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  },
});

if (hasPostgres()) {
  let postgres: Postgres;
  describeAlerts({
    name: 'PostgreSQL',
    start: async () => {
      postgres = await startPostgres();
    },
    newPlace: async () => ({ url: await postgres.newDatabase() }),
    stop: () => postgres.stop(),
  });
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/store/migrate.ts';
import { LOCAL, openStore } from '../../src/store/open.ts';
import { findingEvents, findingList } from '../../src/store/queries/findings.ts';
import { historyOf } from '../../src/store/queries/history.ts';
import { latestScans, storedReport } from '../../src/store/queries/scans.ts';

it('opens a store of schema 1 with all that is in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-upgrade-'));
  try {
    const file = join(folder, 'postern.db');
    const old = new Libsql(file);
    old.exec(readFileSync('test/fixtures/store/schema-1.sql', 'utf8'));
    old.close();
    const store = await openStore({ file });
    expect(store.migrated).toEqual({ from: 1, to: MIGRATIONS.at(-1)?.version });
    await store.read(async (db) => {
      const scans = await latestScans(db, LOCAL, 10);
      expect(scans.map(({ source }) => source)).toEqual(['scan', 'nmap', 'scan', 'scan']);
      const report = await storedReport(db, LOCAL, scans[0]?.id ?? '');
      expect(report?.scan.endedAt).toBe('2026-11-25T22:32:37.652Z');
      const history = await historyOf(db, LOCAL, { host: '127.0.0.1', port: 32_925 });
      expect(history.map(({ state }) => state)).toEqual(['open', 'closed']);
      const [resolved] = await findingList(db, LOCAL, { status: 'resolved', limit: 9, now: 0 });
      const events = await findingEvents(db, LOCAL, resolved?.id ?? '');
      expect(events.map(({ kind }) => kind)).toEqual(['opened', 'resolved']);
    });
    await store.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('numbers its migrations without a gap', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
});

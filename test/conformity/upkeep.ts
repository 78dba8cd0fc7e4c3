import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backup, restore } from '../../src/store/backup.ts';
import { LOCAL, openStore, type Store } from '../../src/store/open.ts';
import { contradictionsIn } from '../../src/store/queries/contradictions.ts';
import { grantOwnNetworks } from '../../src/store/queries/grants.ts';
import { comparableBefore, latestScans } from '../../src/store/queries/scans.ts';
import { recordLook } from '../../src/store/record.ts';
import { SHAPES, TABLE_NAMES, type TableName } from '../../src/store/schema.ts';
import { anyRow } from '../helpers/any-rows.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import type { StoreKind } from './store.ts';
import { newStoreEach, storeKinds } from './store-kinds.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR = 60 * 60 * 1000;
const HOST = '192.0.2.7';
const ROWS_EACH = 3;

/** Backups of every table, and what `db check` finds. */
export function describeUpkeep(kind: StoreKind): void {
  describe(`upkeep of ${kind.name}`, () => {
    let store: Store;
    let folder: string;
    const others = storeKinds().filter(({ name }) => name !== kind.name);
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'postern-upkeep-'));
      for (const other of others) await other.start();
    });
    afterAll(async () => {
      for (const other of others) await other.stop();
      rmSync(folder, { recursive: true });
    });
    newStoreEach(kind, (opened) => {
      store = opened;
    });

    const look = (hour: number, hosts: Parameters<typeof lookOf>[0]['hosts'], tcp = '22,80') =>
      recordLook(store, LOCAL, 'scan', lookOf({ at: NOON + hour * HOUR, tcp, hosts }));
    const contradictions = () => store.snapshot(contradictionsIn);
    const rowsOf = async (one: Store, table: TableName) => {
      const rows = await one.read((db) => {
        let query = db.selectFrom(table as 'meta').selectAll();
        for (const name of SHAPES[table].key) query = query.orderBy(db.dynamic.ref(name));
        return query.execute();
      });
      // the drivers give bytes in types of their own
      const plain = (value: unknown) => (value instanceof Uint8Array ? [...value] : value);
      return rows.map((row) => Object.entries(row).map(([name, value]) => [name, plain(value)]));
    };

    it('saves and restores every table, into either kind of store', async () => {
      await store.write(async (tx) => {
        for (const table of TABLE_NAMES) {
          const rows = Array.from({ length: ROWS_EACH }, (_, at) => anyRow(table, at));
          // one type for all tables: kysely cannot follow a name that varies
          await tx
            .insertInto(table as 'meta')
            .values(rows as never)
            .execute();
        }
      });
      const file = join(folder, `every-table-${kind.name}`);
      expect(await backup(store, file, new Date(NOON))).toBe(TABLE_NAMES.length * ROWS_EACH);
      for (const into of [kind, ...others]) {
        const other = await openStore(await into.newPlace());
        await restore(other, file);
        for (const table of TABLE_NAMES) {
          const rows = await rowsOf(store, table);
          expect(rows).toHaveLength(ROWS_EACH);
          expect(await rowsOf(other, table)).toEqual(rows);
        }
        await other.close();
      }
    });

    it('restores into no store that holds anything', async () => {
      const file = join(folder, `empty-${kind.name}`);
      await backup(store, file, new Date(NOON));
      await store.write((tx) => grantOwnNetworks(tx, NOON));
      await expect(restore(store, file)).rejects.toMatchObject({
        code: 'RESTORE_NOT_EMPTY',
        message: expect.stringContaining('1 row of meta'),
      });
    });

    it('finds nothing wrong with what looks make, late ones too', async () => {
      await look(0, {
        [HOST]: { 22: { severity: 'high' }, 80: 'open' },
        '192.0.2.8': { 22: 'open' },
      });
      await look(5, { [HOST]: { 22: 'closed', 80: { severity: 'low' } } });
      await look(3, { [HOST]: { 443: 'open' } }, '443');
      await look(6, { [HOST]: { 22: { severity: 'medium' } } });
      expect(await contradictions()).toEqual([]);
      const host = await store.read((db) =>
        db.selectFrom('hosts').select('open').where('address', '=', HOST).executeTakeFirst(),
      );
      expect(host).toEqual({ open: 2 });
    });

    it('names what cannot be so', async () => {
      await look(0, { [HOST]: { 22: { severity: 'high' }, 80: 'open' } });
      await store.write(async (tx) => {
        await tx.updateTable('hosts').set({ open: 7, severity: 0 }).execute();
        const interval = await tx.selectFrom('intervals').selectAll().executeTakeFirstOrThrow();
        const again = { ...interval, first_seen: NOON - HOUR, last_seen: NOON - 2 * HOUR };
        await tx.insertInto('intervals').values(again).execute();
        const { id } = await tx.selectFrom('findings').select('id').executeTakeFirstOrThrow();
        await tx.updateTable('findings').set({ address: '192.0.2.9' }).execute();
        await tx
          .updateTable('finding_events')
          .set({ finding: `${id}x` })
          .execute();
        await tx.updateTable('reports').set({ scan: 'nothing' }).execute();
      });
      const found = await contradictions();
      expect(found.map((line) => line.split(':', 1)[0])).toEqual([
        'ports with more than one interval that has not ended',
        'intervals that end before they begin',
        'reports of scans that are not there',
        'events of findings that are not there',
        'findings of hosts that are not there',
        'hosts whose open ports are counted wrong',
        'hosts whose worst finding is another',
      ]);
      expect(found[0]).toContain(`${HOST} 22/tcp from here (tenant local)`);
    });

    it('finds the look that asked the same among those of an older Postern too', async () => {
      for (const hour of [0, 1, 2]) await look(hour, { [HOST]: { 22: 'open' } });
      await look(3, { '192.0.2.8': { 22: 'open' } });
      await look(4, { [HOST]: { 22: 'open' } });
      const previous = () =>
        store.read(async (db) => {
          const [last] = await latestScans(db, LOCAL, 1);
          if (last === undefined) throw new Error('no scan');
          return comparableBefore(db, LOCAL, last);
        });
      const expected = new Date(NOON + 2 * HOUR).toISOString();
      expect(await previous()).toMatchObject({ endedAt: expected });
      await store.write((tx) => tx.updateTable('scans').set({ asked: null }).execute());
      expect(await previous()).toMatchObject({ endedAt: expected });
    });
  });
}

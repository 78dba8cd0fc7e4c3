import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { queueCompactions } from '../../src/store/compact.ts';
import { LOCAL, openStore, type Store } from '../../src/store/open.ts';
import { endedTenants, endTenant, OWNED } from '../../src/store/queries/ended-tenants.ts';
import { endJob } from '../../src/store/queries/jobs.ts';
import { removeOrganization } from '../../src/store/queries/people.ts';
import { recordLook } from '../../src/store/record.ts';
import { removeEnded } from '../../src/store/remove-ended.ts';
import type { TableName } from '../../src/store/schema.ts';
import type { JobRow } from '../../src/store/service-schema.ts';
import { anyRow } from '../helpers/any-rows.ts';
import { jobRow } from '../helpers/service-rows.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import type { StoreKind } from './store.ts';

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 60 * 60 * 1000;
const TENANT = 'acme';
const EACH = 3;

/** What is left of an organisation that was deleted. */
export function describeEndedTenants(kind: StoreKind): void {
  describe(`ended tenants in ${kind.name}`, () => {
    let store: Store;
    beforeAll(() => kind.start());
    afterAll(async () => {
      await store.close();
      await kind.stop();
    });
    beforeEach(async () => {
      await (store as Store | undefined)?.close();
      store = await openStore(await kind.newPlace());
    });

    const end = (tenant = TENANT) =>
      store.write((tx) => endTenant(tx, tenant, { by: 'user:1', now: NOW }));
    /** As the database itself lists them. */
    const tablesWith = (column: string) =>
      store.read(async (db) => {
        const asked =
          store.facts.name === 'sqlite'
            ? sql<{ name: string }>`select m.name as name from sqlite_master m
                join pragma_table_info(m.name) c where m.type = 'table' and c.name = ${column}`
            : sql<{ name: string }>`select table_name as name from information_schema.columns
                where table_schema = current_schema() and column_name = ${column}`;
        const { rows } = await asked.execute(db);
        return rows.map(({ name }) => name as TableName).toSorted();
      });
    const countOf = (table: TableName, tenant: string, column = 'tenant') =>
      store.read(async (db) => {
        const { rows } = await sql<{ count: number }>`
          select count(*) as count from ${sql.table(table)}
          where ${sql.ref(column)} = ${tenant}`.execute(db);
        return Number(rows[0]?.count);
      });
    const fill = (
      table: TableName,
      tenant: string,
      first: number,
      { count = EACH, column = 'tenant' } = {},
    ) =>
      store.write(async (tx) => {
        for (let at = first; at < first + count; at++) {
          const row = { ...anyRow(table, at), [column]: tenant };
          await tx
            .insertInto(table as 'meta')
            .values(row as never)
            .execute();
        }
      });

    it('leave no row in any table that has tenants, and others theirs', async () => {
      const tables = await tablesWith('tenant');
      expect(tables).toEqual([...OWNED].toSorted());
      for (const table of tables) {
        await fill(table, TENANT, 0);
        await fill(table, 'other', EACH);
      }
      await end();
      await removeEnded(store, NOW);
      for (const table of tables) {
        expect([table, await countOf(table, TENANT)]).toEqual([table, 0]);
        expect([table, await countOf(table, 'other')]).toEqual([table, EACH]);
      }
    });

    it('let nobody in: no row is left in any table of organisations', async () => {
      const column = 'organization';
      const tables = await tablesWith(column);
      expect(tables.length).toBeGreaterThan(0);
      for (const table of tables) {
        await fill(table, TENANT, 0, { column });
        await fill(table, 'other', EACH, { column });
      }
      await fill('auth_organizations', TENANT, 0, { count: 1, column: 'id' });
      await fill('auth_organizations', 'other', 1, { count: 1, column: 'id' });
      expect(await store.write((tx) => removeOrganization(tx, TENANT))).toBe(EACH);
      for (const table of tables) {
        expect([table, await countOf(table, TENANT, column)]).toEqual([table, 0]);
        expect([table, await countOf(table, 'other', column)]).toEqual([table, EACH]);
      }
      expect(await countOf('auth_organizations', TENANT, 'id')).toBe(0);
      expect(await countOf('auth_organizations', 'other', 'id')).toBe(1);
    });

    it('are removed in steps, which go on where they were stopped', async () => {
      await fill('changes', TENANT, 0, { count: 450 });
      await end();
      const stop = new AbortController();
      let left = 0;
      const stopping: Store = {
        ...store,
        read: (work) => store.read(work),
        write: async (work) => {
          const result = await store.write(work);
          left = await countOf('changes', TENANT);
          if (left < 450) stop.abort();
          return result;
        },
      };
      await expect(removeEnded(stopping, NOW, stop.signal)).rejects.toThrow('aborted');
      expect(left).toBeGreaterThan(0);
      await removeEnded(store, NOW);
      expect(await countOf('changes', TENANT)).toBe(0);
    });

    it('wait for a job that runs, which is cancelled, and are swept again after it', async () => {
      const job: Partial<JobRow> = {
        ...{ status: 'running' as const, worker: 'w', lease_until: NOW + 60_000, started_at: NOW },
        ...{ tenant: TENANT, id: 'running' },
      };
      await store.write(async (tx) => {
        await tx.insertInto('jobs').values(jobRow(job)).execute();
        await tx
          .insertInto('jobs')
          .values(jobRow({ tenant: TENANT, id: 'queued' }))
          .execute();
      });
      await fill('assets', TENANT, 0);
      await end();
      const jobs = (tenant: string) =>
        store.read((db) =>
          db
            .selectFrom('jobs')
            .select(['id', 'kind', 'status', 'cancel', 'due_at'])
            .where('tenant', '=', tenant)
            .orderBy('due_at')
            .execute(),
        );
      expect(await jobs(TENANT)).toMatchObject([{ id: 'running', cancel: 1 }]);
      await removeEnded(store, NOW);
      expect(await countOf('assets', TENANT)).toBe(EACH);
      // the first for the removal, the second to look again
      expect(await jobs(LOCAL)).toMatchObject([
        { kind: 'compact', status: 'queued', due_at: NOW },
        { kind: 'compact', status: 'queued', due_at: NOW + 60_000 },
      ]);
      const report = lookOf({ at: NOW, tcp: '22', hosts: { '192.0.2.7': { 22: 'open' } } });
      await recordLook(store, TENANT, 'scan', report);
      const done = { status: 'cancelled', now: NOW, problem: null } as const;
      await store.write((tx) => endJob(tx, { tenant: TENANT, id: 'running', worker: 'w' }, done));
      await removeEnded(store, NOW + 60_000);
      for (const table of OWNED) expect(await countOf(table, TENANT)).toBe(0);
      // a process that did not know yet
      await fill('assets', TENANT, 0);
      expect(await queueCompactions(store, NOW)).toBe(1);
      await removeEnded(store, NOW + HOUR);
      expect(await countOf('assets', TENANT)).toBe(0);
      expect(await store.read(endedTenants)).toEqual([]);
    });
  });
}

import { statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RETENTION } from '../../src/contract/service/settings.ts';
import { upsert } from '../../src/store/bulk.ts';
import { compact, compactable, queueCompactions } from '../../src/store/compact.ts';
import { LOCAL, openStore, type Place, type Store } from '../../src/store/open.ts';
import { compactionSettings, tenantsOf } from '../../src/store/queries/compaction.ts';
import { historyOf } from '../../src/store/queries/history.ts';
import { usageOf } from '../../src/store/queries/quotas.ts';
import { comparableBefore, latestScans, storedReport } from '../../src/store/queries/scans.ts';
import { setQuotas, setRetention } from '../../src/store/queries/settings.ts';
import { recordLook } from '../../src/store/record.ts';
import { TABLE_NAMES, type TableName, type Tables } from '../../src/store/schema.ts';
import { numberedLook } from '../helpers/numbered-looks.ts';
import { jobRow } from '../helpers/service-rows.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import type { StoreKind } from './store.ts';
import { newStoreEach } from './store-kinds.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.UTC(2026, 5, 1);
const HOST = '192.0.2.7';
const TENANT = 'acme';

const ago = (days: number) => NOW - days * DAY;

/** What retention takes, and what it leaves alone. */
export function describeCompaction(kind: StoreKind): void {
  describe(`compaction in ${kind.name}`, () => {
    let store: Store;
    let place: Place;
    newStoreEach(kind, (opened, at) => {
      store = opened;
      place = at;
    });

    const settings = (tenant = TENANT) => store.read((db) => compactionSettings(db, tenant));
    const run = async (now = NOW) => compact(store, TENANT, await settings(), now);
    const look = async (at: number, port: 22 | 80, tenant = TENANT) => {
      const report = lookOf({ at, tcp: '22,80', hosts: { [HOST]: { [port]: 'open' } } });
      await recordLook(store, tenant, 'scan', report);
      return report.scan.id;
    };
    const idsOf = async (table: TableName) =>
      store.read(async (db) => {
        const rows = await db
          .selectFrom(table as 'jobs')
          .select(['tenant', 'id'])
          .execute();
        return rows.map(({ tenant, id }) => `${tenant} ${id}`).toSorted();
      });
    const add = <Name extends Exclude<TableName, 'reports' | 'agent_audits'>>(
      table: Name,
      ...rows: Tables[Name][]
    ) => store.write((tx) => upsert(tx, store.facts, table, rows));

    it('takes raw reports after 90 days, remembers when, and leaves history as it was', async () => {
      const old = await look(ago(91), 22);
      const young = await look(ago(89), 80);
      await look(ago(91), 22, LOCAL);
      const history = await store.read((db) => historyOf(db, TENANT, { host: HOST }));
      const would = await compactable(store, TENANT, await settings(), NOW);
      const taken = await run();
      expect(taken).toEqual(would);
      expect(taken).toMatchObject({ reports: 1, changes: 0 });
      expect(taken.bytes).toBeGreaterThan(0);
      const report = (id: string) => store.read((db) => storedReport(db, TENANT, id));
      expect(await report(old)).toBeNull();
      expect(await report(young)).not.toBeNull();
      const scans = await store.read((db) => latestScans(db, TENANT, 9));
      expect(scans.map((scan) => [scan.id, scan.reportTakenAt])).toEqual([
        [young, undefined],
        [old, new Date(NOW).toISOString()],
      ]);
      expect(await store.read((db) => historyOf(db, TENANT, { host: HOST }))).toEqual(history);
      const [last] = scans;
      if (last === undefined) throw new Error('no scan');
      expect(await store.read((db) => comparableBefore(db, TENANT, last))).toMatchObject({
        id: old,
      });
      expect(await run()).toMatchObject({ reports: 0, bytes: 0 });
      expect((await store.read((db) => usageOf(db, LOCAL, NOW))).reportBytes).toBeGreaterThan(0);
    });

    it('takes the oldest reports beyond the bytes that are allowed, never the newest', async () => {
      const ids: string[] = [];
      for (const day of [4, 3, 2, 1]) ids.push(await look(ago(day), 22));
      const bytes = (await store.read((db) => usageOf(db, TENANT, NOW))).reportBytes;
      await store.write((tx) => setQuotas(tx, TENANT, { reportBytes: Math.ceil(bytes / 2) + 20 }));
      expect(await run()).toMatchObject({ reports: 2 });
      await store.write((tx) => setQuotas(tx, TENANT, { reportBytes: 0 }));
      expect(await run()).toMatchObject({ reports: 1 });
      const left = await store.read((db) => db.selectFrom('reports').select('scan').execute());
      expect(left.map(({ scan }) => scan)).toEqual([ids[3]]);
    });

    it('takes jobs that ended long ago, not those that wait or run', async () => {
      const at = { tenant: TENANT, created_at: ago(200) };
      await add(
        'jobs',
        jobRow({ ...at, id: 'done', status: 'done', ended_at: ago(91) }),
        jobRow({ ...at, id: 'failed', status: 'failed', ended_at: ago(91) }),
        jobRow({ ...at, id: 'lately', status: 'done', ended_at: ago(89) }),
        jobRow({ ...at, id: 'queued' }),
        jobRow({ ...at, id: 'running', status: 'running' }),
        jobRow({ ...at, tenant: LOCAL, id: 'done', status: 'done', ended_at: ago(91) }),
      );
      expect(await run()).toMatchObject({ jobs: 2 });
      expect(await idsOf('jobs')).toEqual([
        'acme lately',
        'acme queued',
        'acme running',
        'local done',
      ]);
    });

    it('takes messages that were sent or given up, not those that wait', async () => {
      const row = (id: string, status: 'sent' | 'failed' | 'waiting', ended: number | null) => ({
        ...{ tenant: TENANT, id, channel: 'c', rule: null, incident: null, alert: '{}', status },
        seq: 1,
        ...{ attempts: 1, created_at: ago(99), next_at: ago(99), ended_at: ended, problem: null },
      });
      await add(
        'outbox',
        ...[row('sent', 'sent', ago(31)), row('failed', 'failed', ago(31))],
        ...[row('lately', 'sent', ago(29)), row('waiting', 'waiting', null)],
      );
      expect(await run()).toMatchObject({ outbox: 2 });
      expect(await idsOf('outbox')).toEqual(['acme lately', 'acme waiting']);
    });

    it('keeps open incidents, and the audit log for two years', async () => {
      const incident = (id: string, status: 'open' | 'resolved', days: number) => ({
        ...{ tenant: TENANT, id, rule: 'r', subject: id, status, severity: 1, told_at: null },
        ...{ opened_at: ago(999), changed_at: ago(days), told: null, remind_at: null, flaps: 0 },
        bundle: null,
        detail: '{}',
      });
      const line = (id: string, days: number) => ({
        ...{ tenant: TENANT, id, at: ago(days), actor: 'user:ada', action: 'a', subject: 's' },
        ...{ detail: 'null', source: null },
      });
      await add('incidents', incident('open', 'open', 999), incident('over', 'resolved', 366));
      await add('audit_log', line('old', 731), line('young', 729));
      expect(await run()).toMatchObject({ incidents: 1, auditLog: 1 });
      expect(await idsOf('incidents')).toEqual(['acme open']);
      expect(await idsOf('audit_log')).toEqual(['acme young']);
    });

    it('takes old events and audits of agents, never the newest of an agent', async () => {
      const event = (id: string, days: number) => ({
        ...{ tenant: TENANT, id, at: ago(days), kind: 'job.failed', subject: 's', batch: 'b' },
        detail: '{}',
      });
      await add('events', event('old', 31), event('young', 29));
      const audits = [
        ['one-old', 'one', 300],
        ['one-young', 'one', 1],
        ['two-older', 'two', 400],
        ['two-old', 'two', 300],
      ] as const;
      await store.write(async (tx) => {
        for (const [id, agent, days] of audits) {
          const body = Buffer.from('x');
          const row = { tenant: TENANT, id, agent, at: ago(days), addresses: '[]', body };
          await tx.insertInto('agent_audits').values(row).execute();
        }
      });
      expect(await run()).toMatchObject({ events: 1, agentAudits: 2 });
      expect(await idsOf('events')).toEqual(['acme young']);
      expect(await idsOf('agent_audits')).toEqual(['acme one-young', 'acme two-old']);
    });

    it('keeps changes for ever unless it is told otherwise, and everything where that is set', async () => {
      await look(ago(4000), 22);
      expect(await run()).toMatchObject({ changes: 0, reports: 1 });
      await store.write((tx) => setRetention(tx, TENANT, { changes: 365 }));
      expect(await run()).toMatchObject({ changes: 1 });
      await look(ago(3000), 80);
      const never = Object.fromEntries(Object.keys(DEFAULT_RETENTION).map((name) => [name, null]));
      await store.write((tx) => setRetention(tx, TENANT, never));
      const taken = await run();
      expect(Object.values(taken).every((count) => count === 0)).toBe(true);
    });

    it('takes thousands in slices, others write in between, and the file shrinks', async () => {
      const rows = Array.from({ length: 6000 }, (_, at) => ({
        ...{ tenant: TENANT, id: `e${at}`, at: ago(at < 5900 ? 40 : 1), kind: 'job.failed' },
        ...{ subject: 's', batch: 'b', detail: JSON.stringify('x'.repeat(1000)) },
      }));
      await add('events', ...rows);
      for (const day of [99, 98, 1]) {
        const report = numberedLook(day, 300);
        const scan = { ...report.scan, endedAt: new Date(ago(day)).toISOString() };
        await recordLook(store, TENANT, 'scan', { ...report, scan });
      }
      const sizeOf = (): number => ('file' in place ? statSync(place.file).size : 0);
      await store.read((db) => store.facts.settle(db));
      const before = sizeOf();
      const other = await openStore(place);
      const stop = new AbortController();
      const writing = (async () => {
        let writes = 0;
        while (!stop.signal.aborted) {
          await other.write((tx) => setRetention(tx, LOCAL, { reports: 1 + (writes % 9) }));
          writes += 1;
          // SQLite's promises are kept at once: without a turn nobody else would come to work
          await turn();
        }
        return writes;
      })();
      const taken = await run();
      stop.abort();
      expect(await writing).toBeGreaterThan(0);
      await other.close();
      expect(taken).toMatchObject({ events: 5900, reports: 2 });
      expect((await idsOf('events')).length).toBe(100);
      await store.read((db) => store.facts.settle(db));
      if (store.facts.name === 'sqlite') expect(sizeOf()).toBeLessThan(before / 2);
      expect(await store.read((db) => store.facts.faults(db))).toEqual([]);
    }, 60_000);

    it('goes on where it was stopped', async () => {
      for (const day of [99, 98, 97]) await look(ago(day), 22);
      const stop = new AbortController();
      stop.abort(new Error('stopped'));
      const stopped = compact(store, TENANT, await settings(), NOW, stop.signal);
      await expect(stopped).rejects.toThrow('stopped');
      expect(await run()).toMatchObject({ reports: 3 });
    });

    it('queues a job a day for every tenant, also when several servers do', async () => {
      await look(NOW, 22);
      await look(NOW, 22, LOCAL);
      expect(await store.read(tenantsOf)).toEqual([TENANT, LOCAL]);
      const queue = (now: number) =>
        Promise.all([store, store, store].map((one) => queueCompactions(one, now)));
      const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
      expect(sum(await queue(NOW))).toBe(2);
      expect(sum(await queue(NOW + DAY - 1))).toBe(0);
      expect(sum(await queue(NOW + DAY))).toBe(2);
      const jobs = await store.read((db) => db.selectFrom('jobs').selectAll().execute());
      expect(jobs).toHaveLength(4);
      expect(jobs[0]).toMatchObject({ kind: 'compact', status: 'queued' });
    });

    it('knows of every table whose it is', async () => {
      expect(await store.read(tenantsOf)).toEqual([]);
      await store.write((tx) =>
        tx
          .insertInto('channels')
          .values({ tenant: 'z', id: 'c', name: 'c', type: 'rss', settings: '', created_at: 0 })
          .execute(),
      );
      expect(await store.read(tenantsOf)).toEqual(['z']);
      expect(TABLE_NAMES.length).toBeGreaterThan(20);
    });
  });
}

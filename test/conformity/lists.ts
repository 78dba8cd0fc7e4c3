import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upsert } from '../../src/store/bulk.ts';
import { LOCAL, openStore, type Store } from '../../src/store/open.ts';
import { type AssetFilter, assetPage } from '../../src/store/queries/assets.ts';
import { auditLines, note } from '../../src/store/queries/audit-log.ts';
import { changePage } from '../../src/store/queries/changes.ts';
import {
  countSilent,
  findingCounts,
  jobCounts,
  openPortCounts,
  outboxCounts,
  scanTimes,
} from '../../src/store/queries/figures.ts';
import { findingBeginning, findingById, findingPage } from '../../src/store/queries/findings.ts';
import { intervalPage } from '../../src/store/queries/hosts.ts';
import { liveJobs, liveLooks } from '../../src/store/queries/live.ts';
import { scanPage } from '../../src/store/queries/scans.ts';
import { recordLook } from '../../src/store/record.ts';
import type { AssetRow, AuditLogRow } from '../../src/store/service-schema.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import type { StoreKind } from './store.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const DAY = 24 * 60 * 60 * 1000;
const HOSTS = 9;
const SEVERITIES = ['low', 'high', 'medium'] as const;

/** Hosts of both families, some with names; every look closes a port and opens another. */
function lookAt(day: number) {
  const addresses = Array.from({ length: HOSTS }, (_, at) =>
    at % 2 === 0 ? `192.0.2.${at + 1}` : `fd70::${at}`,
  );
  const hosts = addresses.map((address, at) => {
    const ssh = { severity: SEVERITIES[at % 3] ?? ('low' as const) };
    return [address, { 22: ssh, 80: (at + day) % 2 === 0 ? ('open' as const) : 'closed' }] as const;
  });
  return lookOf({
    at: NOON + day * DAY,
    tcp: '22,80',
    hosts: Object.fromEntries(hosts),
    names: { '192.0.2.1': ['a_b.example.org'], 'fd70::1': ['axb.example.org'] },
  });
}

/** Every page of a list, one after the other. */
async function pages<Item, Place>(
  ask: (after: Place | null) => Promise<{ items: readonly Item[]; next: Place | null }>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let after: Place | null = null;
  for (let page = 0; page < 100; page++) {
    const answer: { items: readonly Item[]; next: Place | null } = await ask(after);
    items.push(...answer.items);
    if (answer.next === null) return items;
    after = answer.next;
  }
  throw new Error('the pages do not end');
}

/** What lists of every store do, whatever it is made of: the whole by pages is the whole at once. */
export function describeLists(kind: StoreKind): void {
  describe(`lists of a store in ${kind.name}`, () => {
    let store: Store;
    beforeAll(async () => {
      await kind.start();
      store = await openStore(await kind.newPlace(), { serving: true });
      for (const day of [0, 1, 2]) {
        await recordLook(store, LOCAL, 'scan', lookAt(day));
        await recordLook(store, 'other', 'scan', lookAt(day));
      }
    });
    afterAll(async () => {
      await store.close();
      await kind.stop();
    });

    const hosts = (limit: number, filter: AssetFilter = {}) =>
      pages(async (after: Parameters<typeof assetPage>[3]['after'] | null) => {
        const page = await store.read((db) =>
          assetPage(db, LOCAL, store.facts, { limit, filter, ...(after ? { after } : {}) }),
        );
        return { items: page.assets.map(({ address }) => address), next: page.next };
      });

    it('pages hosts, and finds them by what they have', async () => {
      const all = await hosts(100);
      expect(all.length).toBe(HOSTS);
      for (const limit of [1, 2, 4, 5]) expect(await hosts(limit)).toEqual(all);
      expect(await hosts(2, { severity: 'medium' })).toEqual(all.slice(0, 6));
      expect(await hosts(1, { text: '192.0.2' })).toHaveLength(5);
      expect(await hosts(1, { text: 'a_b.' })).toEqual(['192.0.2.1']);
      expect(await hosts(2, { port: 80 })).toHaveLength(5);
      expect(await hosts(2, { port: 22 })).toEqual(all);
      expect(await hosts(2, { port: 80, text: 'fd70' })).toEqual([]);
    });

    it('finds hosts by the labels of the assets that stand for them', async () => {
      const asset = (target: string, as: AssetRow['kind'], ...labels: string[]) => ({
        ...{ tenant: LOCAL, id: target, target, kind: as, note: '', created_at: NOON },
        labels: JSON.stringify(labels),
      });
      const at = (name: string, address: string, left: number | null) => ({
        ...{ tenant: LOCAL, name, address, first_seen: NOON, last_seen: NOON },
        ...{ left_at: left, misses: 0 },
      });
      const many = Array.from({ length: 2001 }, (_, index) =>
        asset(`n${index}.example.org`, 'name', 'many'),
      );
      await store.write(async (tx) => {
        await upsert(tx, store.facts, 'assets', [
          asset('192.0.2.3', 'address', 'edge', 'web', 'many'),
          asset('a.example.org', 'name', 'web', 'many'),
          asset('192.0.2.4-192.0.2.7', 'network', 'dc', 'many'),
          asset('192.0.2.0/29', 'network', 'dc'),
          asset('fd70::/126', 'network', 'dc6'),
          { ...asset('192.0.2.1', 'address', 'foreign'), tenant: 'other' },
          ...many,
        ]);
        await upsert(tx, store.facts, 'asset_addresses', [
          at('a.example.org', '192.0.2.5', null),
          at('a.example.org', 'fd70::1', null),
          at('a.example.org', '192.0.2.7', NOON),
        ]);
      });
      const labelled = async (label: string, filter: AssetFilter = {}) =>
        (await hosts(1, { ...filter, label })).toSorted();
      expect(await labelled('edge')).toEqual(['192.0.2.3']);
      expect(await labelled('web')).toEqual(['192.0.2.3', '192.0.2.5', 'fd70::1']);
      expect(await labelled('dc')).toEqual(['1', '3', '5', '7'].map((last) => `192.0.2.${last}`));
      expect(await labelled('dc6')).toEqual(['fd70::1', 'fd70::3']);
      expect(await labelled('dc', { text: '192.0.2.7' })).toEqual(['192.0.2.7']);
      for (const none of ['foreign', 'we', 'none']) expect(await labelled(none)).toEqual([]);
      // more assets than are looked up one by one
      expect(await labelled('many')).toEqual(['192.0.2.3', '192.0.2.5', '192.0.2.7', 'fd70::1']);
    });

    it('pages changes in both directions', async () => {
      const changes = (limit: number, newestFirst: boolean, address?: string) =>
        pages(async (cursor: Parameters<typeof changePage>[2]['cursor'] | null) => {
          const page = await store.read((db) =>
            changePage(db, LOCAL, {
              ...{ after: 0, until: NOON * 2, newestFirst, limit },
              ...(address === undefined ? {} : { address }),
              ...(cursor ? { cursor } : {}),
            }),
          );
          return { items: page.changes, next: page.next };
        });
      const all = await changes(1000, true);
      expect(all.length).toBe(HOSTS + 5 + 2 * HOSTS);
      expect(await changes(3, true)).toEqual(all);
      expect((await changes(4, false)).toReversed()).toEqual(all);
      expect(await changes(1, false, 'fd70::3')).toHaveLength(3);
    });

    it('pages findings, looks and intervals', async () => {
      const findings = (limit: number) =>
        pages(async (after: Parameters<typeof findingPage>[2]['after'] | null) => {
          const question = { status: 'open', now: NOON, limit } as const;
          const page = await store.read((db) =>
            findingPage(db, LOCAL, { ...question, ...(after ? { after } : {}) }),
          );
          return { items: page.findings, next: page.next };
        });
      const all = await findings(100);
      expect(all.length).toBe(HOSTS);
      expect(await findings(2)).toEqual(all);
      const id = all[0]?.id ?? '';
      expect(await store.read((db) => findingBeginning(db, LOCAL, id.slice(0, 12)))).toBe(id);
      expect(await store.read((db) => findingBeginning(db, 'nobody', id))).toBeNull();
      expect(await store.read((db) => findingById(db, 'other', { id, now: NOON }))).toBeNull();

      const looks = await pages(async (after: Parameters<typeof scanPage>[2]['after'] | null) => {
        const page = await store.read((db) =>
          scanPage(db, LOCAL, { limit: 1, ...(after ? { after } : {}) }),
        );
        return { items: page.scans, next: page.next };
      });
      expect(looks.map(({ endedAt }) => Date.parse(endedAt))).toEqual(
        [2, 1, 0].map((day) => NOON + day * DAY),
      );

      const question = { address: '192.0.2.1', names: [], current: false } as const;
      const intervals = (limit: number) =>
        pages(async (after: Parameters<typeof intervalPage>[2]['after'] | null) => {
          const page = await store.read((db) =>
            intervalPage(db, LOCAL, { ...question, limit, ...(after ? { after } : {}) }),
          );
          return { items: page.intervals, next: page.next };
        });
      expect((await intervals(100)).map(({ port }) => port)).toEqual([22, 80, 80, 80]);
      expect(await intervals(1)).toEqual(await intervals(100));
    });

    it('pages what happened at the same moment', async () => {
      const noted = { action: 'test.note', actor: 'user:x', source: null };
      await store.write(async (tx) => {
        for (const at of [1, 2, 2, 2, 2, 3, 3])
          await note(tx, 'noted', { ...noted, at, subject: '' });
      });
      const lines = (limit: number) =>
        pages(async (after: AuditLogRow | null) => {
          const asked = { limit, after: after ?? undefined };
          const items = await store.read((db) => auditLines(db, 'noted', asked));
          return { items, next: items.length < limit ? null : (items.at(-1) ?? null) };
        });
      const all = await lines(100);
      expect(all.map(({ at }) => at)).toEqual([3, 3, 2, 2, 2, 2, 1]);
      for (const limit of [1, 2, 3, 4, 5]) expect(await lines(limit)).toEqual(all);
    });

    it('counts for who looks after it, and tells who listens', async () => {
      const open = await store.read(openPortCounts);
      expect(open.reduce((sum, { count }) => sum + count, 0)).toBe(2 * (HOSTS + 5));
      expect(await store.read(findingCounts)).toContainEqual({
        ...{ status: 'open', severity: 'high', count: 6 },
      });
      expect(await store.read(jobCounts)).toEqual([]);
      expect(await store.read(outboxCounts)).toEqual([]);
      expect(await store.read(countSilent)).toBe(0);
      expect(await store.read((db) => scanTimes(db, NOON + DAY))).toHaveLength(2);
      expect(await store.read((db) => liveJobs(db, LOCAL, ['none']))).toEqual([]);
      const looks = await store.read((db) => liveLooks(db, LOCAL, new Set()));
      expect(looks.map(({ changes }) => changes)).toEqual([HOSTS, HOSTS, HOSTS + 5]);
    });

    it('answers while a change is under way, with what was before', async () => {
      const open = () => store.read((db) => db.selectFrom('meta').selectAll().execute());
      await store.write(async (tx) => {
        await tx.insertInto('meta').values({ tenant: 't', name: 'n', value: 'v' }).execute();
        expect(await open()).toEqual([]);
      });
      expect(await open()).toHaveLength(1);
    });
  });
}

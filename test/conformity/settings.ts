import { describe, expect, it } from 'vitest';
import { QUOTA_NAMES } from '../../src/contract/service/settings.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { LOCAL, type Store } from '../../src/store/open.ts';
import { grantOwnNetworks } from '../../src/store/queries/grants.ts';
import { quotaLeft, usageOf, withinQuota } from '../../src/store/queries/quotas.ts';
import {
  exclusionsOf,
  policyOf,
  quotasOf,
  retentionOf,
  setExclusions,
  setInstallationExclusions,
  setPolicy,
  setQuotas,
  setRetention,
} from '../../src/store/queries/settings.ts';
import { recordLook } from '../../src/store/record.ts';
import { jobRow } from '../helpers/service-rows.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import { testApi } from '../helpers/test-api.ts';
import type { StoreKind } from './store.ts';
import { newStoreEach } from './store-kinds.ts';

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 60 * 60 * 1000;
const OTHER = 'other';

/** What a tenant may have, wants kept and wants left alone. */
export function describeSettings(kind: StoreKind): void {
  describe(`settings in ${kind.name}`, () => {
    let store: Store;
    newStoreEach(kind, (opened) => {
      store = opened;
    });

    it('keeps all of what several change at once, and makes nothing twice', async () => {
      const api = testApi(store, ROUTES);
      await store.write((tx) => grantOwnNetworks(tx, NOW));
      const ask = (method: string, path: string, body?: unknown) =>
        api.ask(method, path, body === undefined ? {} : { body });
      const made = async (path: string, body: unknown) =>
        ((await ask('POST', path, body)).json as { id: string }).id;
      const statuses = async (...asked: ReturnType<typeof ask>[]) =>
        (await Promise.all(asked)).map(({ status }) => status).toSorted((a, b) => a - b);
      const asset = await made('/assets', { target: '10.64.0.7' });
      const spec = { every: '1h', targets: ['10.64.0.7'] };
      const schedule = await made('/schedules', { name: 'hourly', spec });
      const [one, two] = [
        await made('/groups', { name: 'one' }),
        await made('/groups', { name: 'two' }),
      ];

      const retention = { reports: 31, jobs: 32, outbox: 33, events: 34 };
      await Promise.all(
        Object.entries(retention).map(([name, days]) =>
          ask('PUT', '/settings', { retention: { [name]: days } }),
        ),
      );
      expect(await store.read((db) => retentionOf(db, LOCAL))).toMatchObject(retention);
      await Promise.all([
        ask('PATCH', `/assets/${asset}`, { labels: ['edge'] }),
        ask('PATCH', `/assets/${asset}`, { note: 'the door' }),
        ask('PATCH', `/schedules/${schedule}`, { name: 'each hour' }),
        ask('PATCH', `/schedules/${schedule}`, { enabled: false }),
      ]);
      expect((await ask('GET', `/assets/${asset}`)).json).toMatchObject({
        ...{ labels: ['edge'], note: 'the door' },
      });
      expect((await ask('GET', `/schedules/${schedule}`)).json).toMatchObject({
        ...{ name: 'each hour', enabled: false },
      });
      const run = () => ask('POST', `/schedules/${schedule}/run`);
      expect(await statuses(run(), run(), run())).toEqual([202, 409, 409]);
      const add = () => ask('POST', '/assets', { target: '10.64.0.8' });
      expect(await statuses(add(), add(), add())).toEqual([201, 409, 409]);
      const rename = (id: string) => ask('PUT', `/groups/${id}`, { name: 'both' });
      expect(await statuses(rename(one), rename(two))).toEqual([200, 409]);
      const invite = () =>
        ask('POST', '/invitations', { email: 'ada@example.org', role: 'viewer' });
      expect(await statuses(invite(), invite(), invite())).toEqual([201, 201, 201]);
      expect((await ask('GET', '/invitations')).json).toMatchObject({ items: [{}] });
    });

    const addChannel = (tenant: string, id: string) =>
      store.write(async (tx) => {
        await withinQuota(tx, tenant, 'channels', 1);
        await tx
          .insertInto('channels')
          .values({ tenant, id, name: id, type: 'webhook', settings: '{}', created_at: NOW })
          .execute();
      });

    it('lets a tenant have what its quota says, and not one more', async () => {
      await store.write((tx) => setQuotas(tx, OTHER, { channels: 2 }));
      await addChannel(OTHER, 'a');
      await addChannel(LOCAL, 'a');
      await addChannel(OTHER, 'b');
      await expect(addChannel(OTHER, 'c')).rejects.toMatchObject({
        code: 'QUOTA',
        message: 'no more than 2 channels are allowed here (2 now, 1 more asked for)',
      });
      await addChannel(LOCAL, 'b');
      expect(await store.read((db) => usageOf(db, OTHER, NOW))).toMatchObject({ channels: 2 });
    });

    it('counts right when many add at once', async () => {
      await store.write((tx) => setQuotas(tx, OTHER, { channels: 3 }));
      const ids = Array.from({ length: 10 }, (_, index) => `c${index}`);
      const done = await Promise.allSettled(ids.map((id) => addChannel(OTHER, id)));
      expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    });

    it('counts jobs by what they are doing, and scans of the last 24 hours', async () => {
      await store.write(async (tx) => {
        const rows = [
          jobRow({ tenant: OTHER, status: 'running', created_at: NOW - 25 * HOUR }),
          jobRow({ tenant: OTHER, status: 'queued', created_at: NOW - 23 * HOUR }),
          jobRow({ tenant: OTHER, status: 'done', created_at: NOW - HOUR }),
          jobRow({ tenant: OTHER, status: 'done', kind: 'dns', created_at: NOW - HOUR }),
          jobRow({ tenant: LOCAL, status: 'running', created_at: NOW - HOUR }),
        ];
        await tx.insertInto('jobs').values(rows).execute();
      });
      await recordLook(store, OTHER, 'scan', lookOf({ at: NOW, tcp: '22', hosts: {} }));
      const usage = await store.read((db) => usageOf(db, OTHER, NOW));
      expect(usage).toMatchObject({ runningJobs: 1, queuedJobs: 1, scansPerDay: 2 });
      expect(usage.reportBytes).toBeGreaterThan(0);
      expect(await store.read((db) => quotaLeft(db, OTHER, 'runningJobs', NOW))).toBe(1);
    });

    it('bounds one scan without counting it up', async () => {
      await store.write((tx) => setQuotas(tx, OTHER, { addressesPerScan: 256 }));
      const ask = (addresses: number) =>
        store.write((tx) => withinQuota(tx, OTHER, 'addressesPerScan', addresses));
      await ask(256);
      await ask(256);
      await expect(ask(257)).rejects.toMatchObject({ code: 'QUOTA' });
    });

    it('bounds every tenant but that of the installation in everything', async () => {
      const { other, local } = await store.read(async (db) => ({
        other: await quotasOf(db, OTHER),
        local: await quotasOf(db, LOCAL),
      }));
      expect(Object.keys(other).toSorted()).toEqual(Object.keys(QUOTA_NAMES).toSorted());
      for (const limit of Object.values(other)) expect(limit).toBeGreaterThan(0);
      expect(local.addressesPerScan).toBeNull();
      await store.write((tx) => setQuotas(tx, OTHER, { assets: null }));
      expect(await store.read((db) => quotasOf(db, OTHER))).toEqual({ ...other, assets: null });
      expect(await store.read((db) => quotaLeft(db, OTHER, 'assets', NOW))).toBe(Infinity);
    });

    it('keeps what is set and takes the rest from the defaults', async () => {
      const before = await store.read((db) => retentionOf(db, OTHER));
      await store.write((tx) => setRetention(tx, OTHER, { reports: 7 }));
      await store.write((tx) => setRetention(tx, OTHER, { jobs: null }));
      expect(await store.read((db) => retentionOf(db, OTHER))).toEqual({
        ...before,
        reports: 7,
        jobs: null,
      });
      expect(await store.read((db) => retentionOf(db, LOCAL))).toEqual(before);
    });

    it('has a policy and exclusions per tenant, and exclusions for all', async () => {
      await store.write(async (tx) => {
        await setPolicy(tx, OTHER, 'version: 1\n');
        await setExclusions(tx, OTHER, ['192.0.2.1']);
        await setInstallationExclusions(tx, LOCAL, ['198.51.100.0/24']);
      });
      expect(await store.read((db) => policyOf(db, OTHER))).toBe('version: 1\n');
      expect(await store.read((db) => policyOf(db, LOCAL))).toBeNull();
      const all = { installation: ['198.51.100.0/24'] };
      expect(await store.read((db) => exclusionsOf(db, OTHER))).toEqual({
        tenant: ['192.0.2.1'],
        ...all,
      });
      expect(await store.read((db) => exclusionsOf(db, LOCAL))).toEqual({ tenant: [], ...all });
      await store.write((tx) => setPolicy(tx, OTHER, null));
      expect(await store.read((db) => policyOf(db, OTHER))).toBeNull();
    });

    it('says that a setting is damaged, and guesses none', async () => {
      for (const value of ['{', '{"assets":-1}', '[]']) {
        await store.write((tx) =>
          tx
            .insertInto('meta')
            .values({ tenant: OTHER, name: 'quotas', value })
            .onConflict((on) => on.columns(['tenant', 'name']).doUpdateSet({ value }))
            .execute(),
        );
        await expect(addChannel(OTHER, 'a')).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
      }
    });
  });
}

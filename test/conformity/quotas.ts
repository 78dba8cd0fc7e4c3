import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { scheduleSpec } from '../../src/contract/service/schedules.ts';
import { createSchedule, orderScan } from '../../src/jobs/scheduling.ts';
import { queueDue } from '../../src/jobs/turn.ts';
import { type Store } from '../../src/store/open.ts';
import { addAgent } from '../../src/store/queries/agents.ts';
import { addAlertRule } from '../../src/store/queries/alert-rules.ts';
import { addApiKey } from '../../src/store/queries/api-keys.ts';
import { importAssets } from '../../src/store/queries/asset-list.ts';
import { addChannelRow } from '../../src/store/queries/channels.ts';
import { grantByOperator } from '../../src/store/queries/grants.ts';
import { addMember } from '../../src/store/queries/people.ts';
import { usageOf } from '../../src/store/queries/quotas.ts';
import type { SomeQuotas } from '../../src/store/queries/settings.ts';
import { setQuotas } from '../../src/store/queries/settings.ts';
import type { StoreKind } from './store.ts';
import { newStoreEach } from './store-kinds.ts';

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 60 * 60 * 1000;
const TENANT = 'acme';

type Tx = Parameters<Parameters<Store['write']>[0]>[0];

/** Every way to add something that has a quota. */
export function describeQuotas(kind: StoreKind): void {
  describe(`quotas in ${kind.name}`, () => {
    let store: Store;
    newStoreEach(kind, async (opened) => {
      store = opened;
      await allow({});
    });

    const allow = (quotas: SomeQuotas) =>
      store.write(async (tx) => {
        await setQuotas(tx, TENANT, quotas);
        const network = {
          target: '192.0.2.0/24',
          kind: 'network',
          by: 'user:op',
          at: NOW,
        } as const;
        await grantByOperator(tx, TENANT, network);
      });
    const order = (targets: string[] = ['192.0.2.1'], now = NOW) =>
      store.write((tx) =>
        orderScan(tx, TENANT, { targets, groups: [], scan: {} }, { by: 'user:ada', now }),
      );

    const row = (name: string) => ({ id: randomUUID(), name, created_at: NOW });
    const ADDS: readonly (readonly [
      keyof SomeQuotas,
      (tx: Tx, name: string) => Promise<unknown>,
    ])[] = [
      [
        'channels',
        (tx, name) => addChannelRow(tx, TENANT, { ...row(name), type: 'rss', settings: '' }),
      ],
      [
        'alertRules',
        (tx, name) =>
          addAlertRule(tx, TENANT, {
            ...row(name),
            spec: '{}',
            enabled: 1,
            position: 1,
            digest_at: null,
            digest_from: NOW,
          }),
      ],
      [
        'apiKeys',
        (tx, name) =>
          addApiKey(tx, TENANT, {
            ...{ ...row(name), hash: name, role: 'viewer', scopes: '[]', created_by: 'user:ada' },
            ...{ expires_at: null, used_at: null, revoked_at: null },
          }),
      ],
      [
        'agents',
        (tx, name) =>
          addAgent(tx, TENANT, {
            ...{ id: randomUUID(), name, enrolment: name, enrolmentUntil: NOW, by: 'user:ada' },
            ...{ helloMs: 1, auditMs: 1, now: NOW },
          }),
      ],
      ['members', (tx, name) => addMember(tx, TENANT, name, { role: 'viewer', at: NOW })],
      [
        'assets',
        (tx, name) =>
          importAssets(tx, TENANT, store.facts, [{ target: name, kind: 'name', labels: [] }], NOW),
      ],
    ];

    it.each(ADDS)('%s: as many as are allowed, and not one more', async (what, add) => {
      await allow({ [what]: 2 });
      for (const name of ['a', 'b']) await store.write((tx) => add(tx, name));
      await expect(store.write((tx) => add(tx, 'c'))).rejects.toMatchObject({ code: 'QUOTA' });
      expect(await store.read((db) => usageOf(db, TENANT, NOW))).toMatchObject({ [what]: 2 });
    });

    it('takes an import of assets as a whole, and counts those that are there once', async () => {
      await allow({ assets: 3 });
      const give = (...targets: string[]) =>
        store.write((tx) => {
          const assets = targets.map((target) => ({ target, kind: 'name', labels: [] }) as const);
          return importAssets(tx, TENANT, store.facts, assets, NOW);
        });
      await give('a', 'b');
      await expect(give('c', 'd')).rejects.toMatchObject({ code: 'QUOTA' });
      expect(await give('a', 'b', 'c')).toMatchObject({ added: 1 });
      expect(await give('a', 'b', 'c')).toMatchObject({ added: 0 });
    });

    it('bounds scans that wait, scans of a day and the addresses of one', async () => {
      await allow({ queuedJobs: 2, scansPerDay: 3, addressesPerScan: 16 });
      await expect(order(['192.0.2.0/27'])).rejects.toMatchObject({ code: 'QUOTA' });
      await expect(order(['192.0.2.0/29', '192.0.2.8-16'])).rejects.toMatchObject({
        code: 'QUOTA',
      });
      await order(['192.0.2.0/28']);
      await order();
      await expect(order()).rejects.toMatchObject({
        code: 'QUOTA',
        message: expect.stringContaining('waiting jobs'),
      });
      await store.write((tx) => tx.updateTable('jobs').set({ status: 'done' }).execute());
      await order();
      await expect(order()).rejects.toMatchObject({
        code: 'QUOTA',
        message: expect.stringContaining('24 hours'),
      });
      await order(['192.0.2.1'], NOW + 25 * HOUR);
    });

    it('shows a run of a schedule that was refused, and goes on with the others', async () => {
      await allow({ scansPerDay: 1 });
      const spec = scheduleSpec.parse({ targets: ['192.0.2.1'], every: '6h' });
      for (const name of ['one', 'two']) {
        const schedule = { name, spec, enabled: true, by: 'user:ada', now: NOW };
        await store.write((tx) => createSchedule(tx, TENANT, schedule));
      }
      await queueDue(store, NOW + 7 * HOUR);
      const jobs = await store.read((db) =>
        db.selectFrom('jobs').select(['status', 'problem']).orderBy('status').execute(),
      );
      expect(jobs).toMatchObject([
        { status: 'failed', problem: expect.stringContaining('QUOTA: ') },
        { status: 'queued', problem: null },
      ]);
      const events = await store.read((db) => db.selectFrom('events').select('kind').execute());
      expect(events).toEqual([{ kind: 'job.failed' }]);
      // what was refused counts for nothing
      expect(await store.read((db) => usageOf(db, TENANT, NOW + 7 * HOUR))).toMatchObject({
        scansPerDay: 1,
      });
    });
  });
}

import { afterAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/server/routes.ts';
import { upsert } from '../../src/store/bulk.ts';
import { LOCAL } from '../../src/store/open.ts';
import { grantByOperator } from '../../src/store/queries/grants.ts';
import { addOrganization } from '../../src/store/queries/people.ts';
import { setQuotas } from '../../src/store/queries/settings.ts';
import { person, testApi } from '../helpers/test-api.ts';
import { openTestStore } from '../helpers/test-store.ts';

const opened = await openTestStore();
const { store } = opened;
const api = testApi(store, ROUTES);
const SMALL = 'small';

/** Not through the routes: a key and a session are made by people who are signed in. */
await store.write(async (tx) => {
  for (const tenant of [LOCAL, SMALL]) {
    await addOrganization(tx, { id: tenant, name: tenant, created_at: 0 });
    const asked = { target: '192.0.2.0/24', kind: 'network', by: 'test', at: 0 } as const;
    await grantByOperator(tx, tenant, asked);
    await upsert(tx, store.facts, 'schedules', [
      {
        ...{ tenant, id: '0b9c6e2e-2f0f-4d8c-9d2a-7d1f2c3b4a59', name: 'old', enabled: 0 },
        spec: JSON.stringify({ every: '1h', targets: ['192.0.2.1'] }),
        ...{ next_at: null, last_at: null, created_at: 0, created_by: 'test' },
      },
    ]);
  }
  await setQuotas(tx, SMALL, {
    ...{ assets: 1, schedules: 1, queuedJobs: 0, channels: 0, alertRules: 0, apiKeys: 0 },
    ...{ agents: 0, members: 0, grants: 1 },
  });
});
afterAll(() => opened.end());

const asset = (target: string) => ({ target });
const schedule = { name: 'new', spec: { every: '1h', targets: ['192.0.2.1'] } };
const channel = {
  ...{ name: 'hook', type: 'webhook' },
  settings: { url: 'https://hooks.example.org/', secret: 'x'.repeat(32) },
};

describe.each([
  ['POST', '/assets/import', { assets: [asset('192.0.2.1'), asset('192.0.2.2')] }],
  ['POST', '/schedules', schedule],
  ['POST', '/schedules/0b9c6e2e-2f0f-4d8c-9d2a-7d1f2c3b4a59/run', undefined],
  ['POST', '/scans', { targets: ['192.0.2.1'] }],
  ['POST', '/channels', channel],
  ['POST', '/alert-rules', { name: 'all', spec: { channels: 'all' } }],
  ['POST', '/keys', { name: 'robot' }],
  ['POST', '/agents', { name: 'host' }],
  ['POST', '/invitations', { email: 'ada@example.org', role: 'viewer' }],
  ['POST', '/grants', { target: 'example.org' }],
])('%s %s', (method, path, body) => {
  const asked = (tenant: string) =>
    api.ask(method, path, {
      caller: person('admin', tenant),
      ...(body === undefined ? {} : { body }),
    });

  it('is refused beyond the quota', async () => {
    expect(await asked(SMALL)).toMatchObject({
      status: 403,
      json: { error: { code: 'QUOTA', message: expect.stringContaining('allowed here') } },
    });
  });

  it('is not elsewhere', async () => {
    const { status, json } = await asked(LOCAL);
    expect([200, 201, 202], JSON.stringify(json)).toContain(status);
  });
});

it('takes assets up to the quota, and what is there already again', async () => {
  const caller = person('admin', SMALL);
  const add = (...assets: readonly string[]) =>
    api.ask('POST', '/assets/import', { caller, body: { assets: assets.map(asset) } });
  expect(await add('192.0.2.1')).toMatchObject({ status: 200, json: { added: 1 } });
  expect(await add('192.0.2.1')).toMatchObject({ status: 200, json: { added: 0 } });
  const body = asset('192.0.2.2');
  expect(await api.ask('POST', '/assets', { caller, body })).toMatchObject({
    status: 403,
    json: { error: { code: 'QUOTA' } },
  });
});

it('counts addresses and scans of a day', async () => {
  const caller = person('admin', SMALL);
  const order = (target: string) =>
    api.ask('POST', '/scans', { caller, body: { targets: [target] } });
  const quota = (text: string) => ({
    status: 403,
    json: { error: { code: 'QUOTA', message: expect.stringContaining(text) } },
  });
  await store.write((tx) =>
    setQuotas(tx, SMALL, { queuedJobs: 10, addressesPerScan: 4, scansPerDay: 1 }),
  );
  expect(await order('192.0.2.0/29')).toMatchObject(quota('addresses in one scan'));
  expect(await order('192.0.2.0/30')).toMatchObject({ status: 202 });
  expect(await order('192.0.2.0/30')).toMatchObject(quota('scans in 24 hours'));
  expect(await api.ask('GET', '/usage', { caller })).toMatchObject({
    json: { usage: { queuedJobs: 1, scansPerDay: 1, schedules: 1, members: 0 } },
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, testApi } from '../../../test/helpers/test-api.ts';
import { openTestStore, type TestStore } from '../../../test/helpers/test-store.ts';
import { addOrganization } from '../../store/queries/people.ts';
import { settingsRoutes } from './settings.ts';

let opened: TestStore;
beforeAll(async () => {
  opened = await openTestStore();
  const acme = { id: 'acme', name: 'Acme', created_at: 0 };
  await opened.store.write((tx) => addOrganization(tx, acme));
});
afterAll(() => opened.end());

const caller = person('admin', 'acme');
const ask = (method: string, path: string, body?: unknown, who = caller) =>
  testApi(opened.store, settingsRoutes, { policyServices: async () => ['https'] }).ask(
    method,
    path,
    {
      caller: who,
      ...(body === undefined ? {} : { body }),
    },
  );

it('sets how long things are kept, and leaves quotas to the installation', async () => {
  const retention = { reports: 30, changes: 365 };
  expect(await ask('PUT', '/settings', { retention })).toMatchObject({
    status: 200,
    json: { retention: { ...retention, jobs: 90 }, quotas: { channels: 20 } },
  });
  expect(await ask('GET', '/settings')).toMatchObject({ json: { retention } });
  for (const wrong of [{ reports: 0 }, { auditLog: 364 }, { reports: 1.5 }, { intervals: 3 }]) {
    expect(await ask('PUT', '/settings', { retention: wrong })).toMatchObject({ status: 422 });
  }
  expect(await ask('PUT', '/settings', { quotas: { channels: 99 } })).toMatchObject({
    status: 422,
  });
  const viewer = person('viewer', 'acme');
  expect(await ask('PUT', '/settings', { retention }, viewer)).toMatchObject({ status: 403 });
});

it('has administrators of the installation set quotas', async () => {
  const path = '/tenants/acme/quotas';
  expect(await ask('PUT', path, { channels: 3 })).toMatchObject({ status: 403 });
  const owner = person('admin', 'local');
  expect(await ask('PUT', path, { channels: 3, agents: null }, owner)).toMatchObject({
    status: 200,
    json: { channels: 3, agents: null, apiKeys: 50 },
  });
  expect(await ask('GET', path, undefined, owner)).toMatchObject({ json: { channels: 3 } });
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { channels: 3 }],
  ] as const) {
    const nobodys = await ask(method, '/tenants/acmee/quotas', body, owner);
    expect(nobodys).toMatchObject({ status: 404, json: { error: { code: 'API_NOT_FOUND' } } });
  }
  expect(await ask('GET', '/usage')).toMatchObject({
    json: { usage: { channels: 0, reportBytes: 0 }, quotas: { channels: 3 } },
  });
});

it('takes a policy that is one, and tells the faults of one that is none', async () => {
  const text = 'version: 1\nrules:\n  - hosts: [web]\n    expect:\n      - ports: [443]\n';
  expect(await ask('PUT', '/policy', { text })).toMatchObject({ status: 200 });
  expect(await ask('PUT', '/policy', { text: 'version: 2' })).toMatchObject({
    status: 422,
    json: { error: { code: 'POLICY_INVALID', message: expect.stringContaining('policy:1:') } },
  });
  const served = (service: string) =>
    ask('PUT', '/policy', {
      text: `version: 1\nrules:\n  - hosts: ["*"]\n    expect:\n      - { ports: [443], service: ${service} }\n`,
    });
  // a scan would refuse it
  expect(await served('htps')).toMatchObject({
    status: 422,
    json: { error: { message: expect.stringContaining('unknown service "htps"') } },
  });
  expect(await ask('GET', '/policy')).toMatchObject({ json: { text } });
  expect(await served('https')).toMatchObject({ status: 200 });
  expect(await ask('PUT', '/policy', { text: null })).toMatchObject({ json: { text: null } });
  expect(await ask('PUT', '/policy', { text: '#'.repeat(262_145) })).toMatchObject({ status: 422 });
});

it('keeps what is never to be scanned, of a tenant and of all', async () => {
  const owner = person('admin', 'local');
  const all = { exclude: ['198.51.100.0/24'] };
  expect(await ask('PUT', '/exclusions/installation', all)).toMatchObject({ status: 403 });
  expect(await ask('PUT', '/exclusions/installation', all, owner)).toMatchObject({ status: 200 });
  const exclude = ['192.0.2.1', 'Printer.example.org'];
  expect(await ask('PUT', '/exclusions', { exclude })).toMatchObject({ status: 200 });
  expect((await ask('GET', '/exclusions')).json).toEqual({
    tenant: ['192.0.2.1', 'printer.example.org'],
    installation: ['198.51.100.0/24'],
  });
  expect(await ask('PUT', '/exclusions', { exclude: ['192.0.2.1', '@x'] })).toMatchObject({
    status: 422,
    json: { error: { code: 'EXCLUSION_INVALID' } },
  });
});

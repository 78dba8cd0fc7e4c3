import { afterAll, beforeAll, expect, it } from 'vitest';
import { dnsPeer, type Said } from '../../../test/helpers/dns-peer.ts';
import { person, testApi } from '../../../test/helpers/test-api.ts';
import { openTestStore, type TestStore } from '../../../test/helpers/test-store.ts';
import { createTextResolver } from '../../net/dns.ts';
import { addOrganization } from '../../store/queries/people.ts';
import { grantRoutes } from './grants.ts';

let opened: TestStore;
let peer: Awaited<ReturnType<typeof dnsPeer>>;
let said: Said = 'no-name';
let now = Date.UTC(2026, 5, 1);
beforeAll(async () => {
  opened = await openTestStore();
  await opened.store.write(async (tx) => {
    for (const id of ['local', 'acme']) await addOrganization(tx, { id, name: id, created_at: 0 });
  });
  peer = await dnsPeer(() => said);
});
afterAll(async () => {
  await opened.end();
  await peer.close();
});

const api = () =>
  testApi(opened.store, grantRoutes, {
    now: () => now,
    names: createTextResolver({ servers: [peer.server], timeoutMs: 2000, tries: 1 }),
  });
const operator = person('operator', 'acme');

it('proves a name by the record that the answer tells of', async () => {
  const body = { target: 'Shop.Example.org.' };
  const asked = await api().ask('POST', '/grants', { body, caller: operator });
  expect(asked).toMatchObject({
    status: 201,
    json: {
      target: 'shop.example.org',
      status: 'pending',
      record: { type: 'TXT', name: '_postern-challenge.shop.example.org' },
    },
  });
  const { id, record } = asked.json as { id: string; record: { value: string } };
  const check = () => {
    now += 10_000;
    return api().ask('POST', `/grants/${id}/check`, { caller: operator });
  };
  expect(await check()).toMatchObject({ json: { found: 'absent', grant: { status: 'pending' } } });
  said = [['v=spf1 -all'], [record.value.slice(0, -1)]];
  expect(await check()).toMatchObject({ json: { found: 'absent' } });
  said = 'fails';
  expect(await check()).toMatchObject({ json: { found: 'unknown', grant: { status: 'pending' } } });
  said = [['v=spf1 -all'], [record.value.slice(0, 10), record.value.slice(10)]];
  expect(await check()).toMatchObject({ json: { found: 'proved', grant: { status: 'granted' } } });
  const again = await api().ask('POST', `/grants/${id}/check`, { caller: operator });
  expect(again).toMatchObject({ status: 429, json: { error: { code: 'API_TOO_MANY' } } });
});

it('refuses what nobody can prove', async () => {
  for (const target of ['com', '192.0.2.0/24', '*.example.org']) {
    expect(
      await api().ask('POST', '/grants', { body: { target }, caller: operator }),
    ).toMatchObject({
      status: 422,
      json: { error: { code: 'GRANT_TARGET' } },
    });
  }
});

it('has administrators of the installation grant anything to anybody, and nobody else', async () => {
  const body = { target: '192.0.2.7/24' };
  const path = '/tenants/acme/grants';
  for (const caller of [person('admin', 'acme'), person('operator', 'local')]) {
    expect(await api().ask('POST', path, { body, caller })).toMatchObject({ status: 403 });
  }
  const given = await api().ask('POST', path, { body });
  expect(given).toMatchObject({
    status: 201,
    json: {
      target: '192.0.2.0/24',
      kind: 'network',
      method: 'operator',
      status: 'granted',
      record: null,
    },
  });
  const { id } = given.json as { id: string };
  expect(await api().ask('GET', '/grants', { caller: operator })).toMatchObject({
    json: { items: expect.arrayContaining([expect.objectContaining({ id })]), next: null },
  });
  expect(await api().ask('GET', path)).toMatchObject({
    json: { items: expect.arrayContaining([expect.objectContaining({ id })]) },
  });
  const check = await api().ask('POST', `/grants/${id}/check`, { caller: operator });
  expect(check).toMatchObject({ status: 422 });
  expect(await api().ask('DELETE', `${path}/${id}`)).toMatchObject({ status: 200 });
  expect(await api().ask('DELETE', `${path}/${id}`)).toMatchObject({ status: 404 });
  for (const [method, asked] of [
    ['GET', {}],
    ['POST', { body }],
  ] as const) {
    const nobodys = await api().ask(method, '/tenants/acmee/grants', asked);
    expect(nobodys).toMatchObject({ status: 404, json: { error: { code: 'API_NOT_FOUND' } } });
  }
  const world = { body: { target: '0.0.0.0/0' } };
  expect(await api().ask('POST', '/tenants/local/grants', world)).toMatchObject({ status: 201 });
});

it('knows nothing of the grants of others', async () => {
  const body = { target: 'mine.example.org' };
  const { json } = await api().ask('POST', '/grants', { body, caller: operator });
  const { id } = json as { id: string };
  const caller = person('operator', 'other');
  for (const [method, path] of [
    ['POST', `/grants/${id}/check`],
    ['DELETE', `/grants/${id}`],
  ] as const) {
    expect(await api().ask(method, path, { caller })).toMatchObject({ status: 404 });
  }
  expect(await api().ask('GET', '/grants', { caller })).toMatchObject({ json: { items: [] } });
  expect(await api().ask('DELETE', `/grants/${id}`, { caller: operator })).toMatchObject({
    status: 200,
  });
});

it('notes who did it', async () => {
  const rows = await opened.store.read((db) =>
    db.selectFrom('audit_log').select(['tenant', 'action', 'actor']).execute(),
  );
  expect(rows).toContainEqual({ tenant: 'acme', action: 'grant.ask', actor: 'user:operator' });
  expect(rows).toContainEqual({ tenant: 'local', action: 'grant.give', actor: 'user:admin' });
});

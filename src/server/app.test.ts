import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, testApi } from '../../test/helpers/test-api.ts';
import { openTestStore, type TestStore } from '../../test/helpers/test-store.ts';
import { ROUTES } from './routes.ts';

let opened: TestStore;
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened.end());

it('serves those it knows, and nobody else', async () => {
  const api = testApi(opened.store, ROUTES);
  expect(await api.ask('GET', '/overview')).toMatchObject({
    status: 200,
    json: { hosts: 0, open: 0 },
  });
  expect(await api.ask('GET', '/overview', { caller: null })).toMatchObject({
    status: 401,
    json: { error: { code: 'API_SIGN_IN' } },
  });
  const unscoped = { ...person('admin'), scopes: [] };
  expect(await api.ask('GET', '/overview', { caller: unscoped })).toMatchObject({ status: 403 });
});

it('names the part of a request that is wrong', async () => {
  expect(await testApi(opened.store, ROUTES).ask('GET', '/overview?since=x')).toMatchObject({
    status: 422,
    json: {
      error: { code: 'API_INVALID', message: expect.stringContaining('since in the query') },
    },
  });
});

it('documents what it serves', async () => {
  expect(await testApi(opened.store, ROUTES).ask('GET', '/openapi.json')).toMatchObject({
    json: {
      openapi: '3.1.0',
      paths: { '/overview': { get: { 'x-access': { role: 'viewer', scope: 'read' } } } },
    },
  });
});

it('holds no stream open for who asks for the head of one', async () => {
  const api = testApi(opened.store, ROUTES);
  for (let count = 0; count < 25; count += 1) {
    const head = await api.request('HEAD', '/events');
    expect([head.status, head.body]).toEqual([200, null]);
  }
  const events = await api.request('GET', '/events');
  expect(events.status).toBe(200);
  await events.body?.cancel();
});

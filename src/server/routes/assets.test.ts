import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, testApi } from '../../../test/helpers/test-api.ts';
import { openTestStore, type TestStore } from '../../../test/helpers/test-store.ts';
import { ROUTES } from '../routes.ts';

let opened: TestStore;
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened.end());

interface Page {
  readonly items: readonly { readonly id: string; readonly target: string }[];
  readonly next: string | null;
}

it('keeps assets and groups of a tenant, page by page', async () => {
  const api = testApi(opened.store, ROUTES);
  const assets = Array.from({ length: 7 }, (_, at) => ({
    target: `192.0.2.${at}`,
    labels: at % 2 === 0 ? ['even'] : [],
  }));
  const list = [...assets, { target: 'DB.example.org' }];
  expect(await api.ask('POST', '/assets/import', { body: { assets: list } })).toMatchObject({
    status: 200,
    json: { added: 8, changed: 0 },
  });
  const seen: string[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const place: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page = (await api.ask('GET', `/assets?limit=3${place}`)).json as Page;
    seen.push(...page.items.map(({ target }) => target));
    next = page.next;
  }
  expect(seen).toEqual([...assets.map(({ target }) => target), 'db.example.org']);
  const body = { name: 'evens and names', labels: ['even'], patterns: ['*.example.org'] };
  const made = await api.ask('POST', '/groups', { body });
  expect(made).toMatchObject({ status: 201, json: body });
  const group = (made.json as { id: string }).id;
  expect(await api.ask('POST', '/groups', { body })).toMatchObject({ status: 409 });
  const members = (await api.ask('GET', `/groups/${group}/assets?limit=4`)).json as Page;
  expect(members.items.map(({ target }) => target)).toEqual(
    [0, 2, 4, 6].map((at) => `192.0.2.${at}`),
  );
  const rest = await api.ask('GET', `/groups/${group}/assets?cursor=${members.next}`);
  expect(rest.json).toMatchObject({ items: [{ target: 'db.example.org' }], next: null });
  const { id = '' } = members.items[0] ?? {};
  expect(await api.ask('PATCH', `/assets/${id}`, { body: { labels: ['odd'] } })).toMatchObject({
    json: { labels: ['odd'] },
  });
  const smaller = { ...body, name: 'fewer', patterns: [] };
  expect(await api.ask('PUT', `/groups/${group}`, { body: smaller })).toMatchObject({
    json: smaller,
  });
  const left = (await api.ask('GET', `/groups/${group}/assets`)).json as Page;
  expect(left.items).toHaveLength(3);
  const caller = person('admin', 'other');
  for (const path of [`/assets/${id}`, `/groups/${group}`, `/groups/${group}/assets`]) {
    expect(await api.ask('GET', path, { caller })).toMatchObject({ status: 404 });
  }
  expect(await api.ask('GET', '/assets', { caller })).toMatchObject({ json: { items: [] } });
  for (const path of [`/assets/${id}`, `/groups/${group}`]) {
    expect(await api.ask('DELETE', path, { caller })).toMatchObject({ status: 404 });
    expect(await api.ask('DELETE', path, { caller: person('viewer') })).toMatchObject({
      status: 403,
    });
    expect(await api.ask('DELETE', path)).toMatchObject({ status: 200 });
    expect(await api.ask('GET', path)).toMatchObject({ status: 404 });
  }
});

it.each([
  [{ target: '192.0.2.1', labels: ['Has Space'] }, 'API_INVALID'],
  [{ target: '@file' }, 'TARGET_SYNTAX'],
  [{ target: '2001:db8::/32' }, 'TARGET_TOO_LARGE'],
  [{ target: '192.0.2.1', more: 1 }, 'API_INVALID'],
])('refuses %j', async (body, code) => {
  const api = testApi(opened.store, ROUTES);
  expect(await api.ask('POST', '/assets', { body })).toMatchObject({
    status: 422,
    json: { error: { code } },
  });
});

it('has no asset twice', async () => {
  const api = testApi(opened.store, ROUTES);
  const body = { target: '198.51.100.0/28' };
  expect(await api.ask('POST', '/assets', { body })).toMatchObject({ status: 201 });
  expect(await api.ask('POST', '/assets', { body: { target: '198.51.100.0-15' } })).toMatchObject({
    status: 409,
  });
});

it('makes, changes and runs schedules', async () => {
  const api = testApi(opened.store, ROUTES, { now: () => Date.UTC(2026, 9, 24, 12) });
  const spec = { by: 'priority', again: { critical: '6h' }, timeZone: 'Europe/Berlin' };
  const made = await api.ask('POST', '/schedules', { body: { name: 'all', spec } });
  expect(made).toMatchObject({ status: 201, json: { spec: { batch: 256, strict: false } } });
  const { id } = made.json as { id: string };
  const cron = { cron: '30 2 * * *', timeZone: 'Europe/Berlin', groups: [id] };
  expect(await api.ask('PATCH', `/schedules/${id}`, { body: { spec: cron } })).toMatchObject({
    status: 404,
    json: { error: { message: expect.stringContaining('group') } },
  });
  const bad = { cron: '0 0 31 2 *', targets: ['192.0.2.1'] };
  expect(await api.ask('POST', '/schedules', { body: { name: 'x', spec: bad } })).toMatchObject({
    status: 422,
    json: { error: { code: 'SCHEDULE_INVALID' } },
  });
  expect(await api.ask('POST', `/schedules/${id}/run`)).toMatchObject({
    status: 202,
    json: { schedule: id, status: 'queued', createdBy: 'user:admin' },
  });
  expect(await api.ask('POST', `/schedules/${id}/run`)).toMatchObject({ status: 409 });
  expect(await api.ask('GET', '/jobs?limit=1&cursor=x')).toMatchObject({ status: 422 });
  expect(await api.ask('PATCH', `/schedules/${id}`, { body: { enabled: false } })).toMatchObject({
    json: { enabled: false, nextAt: null },
  });
  expect(await api.ask('DELETE', `/schedules/${id}`)).toMatchObject({ status: 200 });
  expect(await api.ask('GET', '/schedules')).toMatchObject({ json: { items: [], next: null } });
});

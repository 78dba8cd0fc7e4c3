import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardOf, type Receiver, receiver } from '../../../test/helpers/notify-peers.ts';
import { person, testApi } from '../../../test/helpers/test-api.ts';
import { openTestStore, type TestStore } from '../../../test/helpers/test-store.ts';
import { alertRuleRoutes } from './alert-rules.ts';
import { channelRoutes } from './channels.ts';
import { incidentRoutes } from './incidents.ts';

const ROUTES = [...channelRoutes, ...alertRuleRoutes, ...incidentRoutes];
const HOOK = { url: 'https://hooks.example.org/x', secret: 'hunter2' };

let opened: TestStore;
let hook: Receiver;
beforeAll(async () => {
  opened = await openTestStore();
  hook = await receiver();
});
afterAll(async () => {
  await opened.end();
  await hook.close();
});

function api() {
  const settings = { url: hook.url, secret: 'file:/etc/postern/hook' };
  const channels = [{ name: 'of-the-operator', type: 'webhook', settings }];
  const { allowed } = guardOf(['127.0.0.0/8']);
  return testApi(opened.store, ROUTES, { notify: { allowed, channels } });
}

async function add(body: unknown, tenant?: string): Promise<{ status: number; json: unknown }> {
  return api().ask('POST', '/channels', { body, caller: person('admin', tenant) });
}

async function added(body: unknown, tenant?: string): Promise<string> {
  const { status, json } = await add(body, tenant);
  expect(status).toBe(201);
  return (json as { id: string }).id;
}

async function list<Item>(path: string, tenant?: string): Promise<readonly Item[]> {
  const { json } = await api().ask('GET', path, { caller: person('viewer', tenant) });
  return (json as { items: readonly Item[] }).items;
}

describe('channels', () => {
  it('are listed without secrets, and keep one that comes back masked', async () => {
    const id = await added({ name: 'hook', type: 'webhook', settings: HOOK }, 'masks');
    const masked = { ...HOOK, secret: '********' };
    expect(await list('/channels', 'masks')).toEqual([
      { id, name: 'hook', type: 'webhook', settings: masked, fixed: false },
    ]);
    const moved = { name: 'moved', settings: { ...masked, url: 'https://hooks.example.org/y' } };
    const caller = person('admin', 'masks');
    await api().ask('PUT', `/channels/${id}`, { body: moved, caller });
    const { settings } = (await opened.store.read((db) =>
      db.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirst(),
    )) ?? { settings: '' };
    expect(settings).not.toContain('hunter2');
    // the secret is still there: a key sealed by this installation opens it
    const { sealerOf } = await import('../../store/seal.ts');
    expect(JSON.parse(sealerOf(Buffer.alloc(32, 7)).open(settings))).toEqual({
      url: 'https://hooks.example.org/y',
      secret: 'hunter2',
    });
  });

  const MAIL = { host: 'a.example.org', from: 'a@b.c', to: ['a@b.c'], user: 'a', password: 'x' };
  const TOKEN = { url: 'https://a.example.org', token: 'x' };

  it.each([
    ['webhook', HOOK, { url: 'https://hooks.evil.example/x' }, 'url', 'secret'],
    ['webhook', HOOK, { url: 'http://hooks.example.org/x' }, 'url', 'secret'],
    ['webhook', HOOK, { url: 'https://hooks.example.org:444/x' }, 'url', 'secret'],
    ['gotify', TOKEN, { url: 'https://evil.example' }, 'url', 'token'],
    ['ntfy', { topic: 'a', token: 'x' }, { url: 'https://evil.example' }, 'url', 'token'],
    ['telegram', { token: 'x', chat: '1' }, { url: 'https://evil.example' }, 'url', 'token'],
    ['pagerduty', { key: 'x' }, { url: 'https://evil.example' }, 'url', 'key'],
    ['email', MAIL, { host: 'evil.example' }, 'host', 'password'],
    ['email', MAIL, { port: 2525, tls: 'implicit' }, 'port, tls', 'password'],
    ['email', MAIL, { ca: '/tmp/own.pem' }, 'ca', 'password'],
  ])(
    '%s %j sends no masked secret elsewhere: %j',
    async (type, settings, elsewhere, changed, kept) => {
      const name = 'elsewhere';
      const id = await added({ name, type, settings });
      const path = `/channels/${id}`;
      const masked = { ...settings, [kept]: '********' };
      const moved = { name, settings: { ...masked, ...elsewhere } };
      expect(await api().ask('PUT', path, { body: moved })).toMatchObject({
        status: 422,
        json: {
          error: {
            code: 'NOTIFY_DESTINATION',
            message: `channel elsewhere: with another ${changed} it would send ${kept} elsewhere`,
          },
        },
      });
      const same = { name, settings: masked };
      expect(await api().ask('PUT', path, { body: same })).toMatchObject({ status: 200 });
      const anew = { name, settings: { ...settings, ...elsewhere, [kept]: 'y' } };
      expect(await api().ask('PUT', path, { body: anew })).toMatchObject({ status: 200 });
      expect(await api().ask('DELETE', path)).toMatchObject({ status: 200 });
    },
  );

  it('whose URL is the secret are changed to another as they are', async () => {
    for (const type of ['discord', 'slack', 'teams']) {
      const settings = { url: 'https://a.example.org/x' };
      const path = `/channels/${await added({ name: type, type, settings }, 'urls')}`;
      const caller = person('admin', 'urls');
      for (const url of ['********', 'https://b.example.org/y']) {
        const body = { name: type, settings: { url } };
        expect(await api().ask('PUT', path, { body, caller })).toMatchObject({ status: 200 });
      }
    }
  });

  it('of the operator serve the installation alone, and are changed in their file', async () => {
    const [first] = await list<{ id: string; name: string; fixed: boolean }>('/channels');
    expect(first).toMatchObject({ name: 'of-the-operator', fixed: true });
    const path = `/channels/${first?.id}`;
    const body = { name: 'mine', settings: HOOK };
    expect(await api().ask('PUT', path, { body })).toMatchObject({ status: 404 });
    expect(await api().ask('DELETE', path)).toMatchObject({ status: 404 });
    expect(await list('/channels', 'elsewhere')).toEqual([]);
  });

  it('are sent a test, and what they answer is told', async () => {
    const settings = { url: hook.url, secret: 'hunter2' };
    const id = await added({ name: 'local-hook', type: 'webhook', settings });
    const before = hook.received.length;
    expect(await api().ask('POST', `/channels/${id}/test`)).toMatchObject({ status: 200 });
    expect(JSON.parse(hook.received[before]?.body ?? '')).toMatchObject({ kind: 'test' });
  });

  it('of an organisation cannot reach inside, whatever the operator allows for himself', async () => {
    const peers = [
      ['webhook', { url: hook.url, secret: 'hunter2' }],
      ['syslog', { host: '127.0.0.1', transport: 'udp', port: hook.port }],
      ['email', { host: '127.0.0.1', tls: 'none', from: 'a@example.org', to: ['b@example.org'] }],
    ] as const;
    const before = hook.received.length;
    for (const [type, settings] of peers) {
      const id = await added({ name: `in-${type}`, type, settings }, 'inside');
      const caller = person('admin', 'inside');
      const answer = await api().ask('POST', `/channels/${id}/test`, { caller });
      expect(answer).toMatchObject({ status: 422, json: { error: { code: 'NOTIFY_INSIDE' } } });
    }
    expect(hook.received.length).toBe(before);
  });

  it.each([
    ['webhook', { ...HOOK, secret: 'env:PATH' }],
    ['webhook', { ...HOOK, secret: 'file:/etc/passwd' }],
    ['slack', { url: 'file:/etc/passwd' }],
    ['rss', { path: '/tmp/feed.xml' }],
    ['syslog', { host: 'logs.example.org', ca: '/etc/passwd' }],
    ['email', { host: 'a.example.org', from: 'a@b.c', to: ['a@b.c'], ca: '/etc/passwd' }],
  ])(
    'of an organisation name no file and no variable of the server: %s',
    async (type, settings) => {
      const answer = await add({ name: 'reader', type, settings }, 'strangers');
      expect(answer).toMatchObject({ status: 422, json: { error: { code: 'NOTIFY_TENANT' } } });
      expect(await list('/channels', 'strangers')).toEqual([]);
    },
  );

  it('with wrong settings are refused without quoting them', async () => {
    const settings = { url: 'hunter2', secret: 'hunter2' };
    const { status, json } = await add({ name: 'wrong', type: 'webhook', settings });
    expect([status, JSON.stringify(json)]).toEqual([422, expect.not.stringContaining('hunter2')]);
    expect(JSON.stringify(json)).toContain('settings.url');
    expect(await add({ name: 'wrong', type: 'pigeon', settings })).toMatchObject({ status: 422 });
  });

  it('have names of their own, and types with a schema for forms', async () => {
    await added({ name: 'twice', type: 'webhook', settings: HOOK });
    const again = await add({ name: 'twice', type: 'webhook', settings: HOOK });
    expect(again).toMatchObject({ status: 409 });
    expect(await list('/channel-types')).toContainEqual(
      expect.objectContaining({
        name: 'webhook',
        title: 'Signed webhook',
        settings: expect.objectContaining({
          properties: expect.objectContaining({
            secret: expect.objectContaining({ secret: true }),
          }),
        }),
      }),
    );
  });
});

describe('alert rules', () => {
  interface Rule {
    readonly id: string;
    readonly name: string;
    readonly spec: { readonly match: { readonly severity: string } };
    readonly nextDigest: string | null;
  }

  it('come with the first channel, and not again when they were taken away', async () => {
    const caller = person('admin', 'defaults');
    const id = await added({ name: 'first', type: 'webhook', settings: HOOK }, 'defaults');
    const rules = await list<Rule>('/alert-rules', 'defaults');
    expect(rules).toMatchObject([
      { name: 'High and critical', nextDigest: null, spec: { match: { severity: 'high' } } },
      { name: 'Everything else', nextDigest: expect.stringMatching(/Z$/) },
    ]);
    for (const rule of rules) await api().ask('DELETE', `/alert-rules/${rule.id}`, { caller });
    await api().ask('DELETE', `/channels/${id}`, { caller });
    await added({ name: 'second', type: 'webhook', settings: HOOK }, 'defaults');
    expect(await list('/alert-rules', 'defaults')).toEqual([]);
  });

  it('are added and changed, with what is left out as usual', async () => {
    const caller = person('admin', 'rules');
    const body = { name: 'Doors', spec: { match: { rules: ['exposure.*'] } } };
    const { json } = await api().ask('POST', '/alert-rules', { body, caller });
    const { id } = json as { id: string };
    const spec = { delivery: { when: 'daily', time: '08:00', timeZone: 'Europe/Berlin' } };
    await api().ask('PUT', `/alert-rules/${id}`, { body: { ...body, spec }, caller });
    expect(await list<Rule>('/alert-rules', 'rules')).toMatchObject([
      { id, enabled: true, spec: { mass: 20, channels: 'all' }, nextDigest: expect.any(String) },
    ]);
  });

  it('name only channels that are there, and hold them', async () => {
    const caller = person('admin', 'named');
    const id = await added({ name: 'held', type: 'webhook', settings: HOOK }, 'named');
    const rule = (channel: string) => ({ name: 'Doors', spec: { channels: [channel] } });
    const foreign = await added({ name: 'foreign', type: 'webhook', settings: HOOK }, 'named-not');
    for (const [channel, status] of [
      [foreign, 404],
      [id, 201],
    ] as const) {
      const answer = await api().ask('POST', '/alert-rules', { body: rule(channel), caller });
      expect(answer.status).toBe(status);
    }
    const answer = await api().ask('DELETE', `/channels/${id}`, { caller });
    expect(answer).toMatchObject({ status: 422 });
  });

  it.each([
    { delivery: { when: 'daily', time: '8', timeZone: 'UTC' } },
    { delivery: { when: 'daily', time: '08:00', timeZone: 'Mars/Olympus' } },
    { match: { severity: 'dire' } },
    { mass: 0 },
    { unknown: true },
  ])('that make no sense are refused: %j', async (spec) => {
    const answer = await api().ask('POST', '/alert-rules', { body: { name: 'x', spec } });
    expect(answer).toMatchObject({ status: 422, json: { error: { code: 'API_INVALID' } } });
  });
});

it('a viewer reads, and changes nothing; a foreign organisation sees nothing', async () => {
  const id = await added({ name: 'closed', type: 'webhook', settings: HOOK }, 'owners');
  const body = { name: 'x', type: 'webhook', settings: HOOK };
  const asked = [
    ['POST', '/channels', body],
    ['PUT', `/channels/${id}`, body],
    ['DELETE', `/channels/${id}`, undefined],
    ['POST', `/channels/${id}/test`, undefined],
    ['POST', '/alert-rules', { name: 'x', spec: {} }],
    ['POST', `/outbox/${id}/retry`, undefined],
  ] as const;
  for (const [method, path, given] of asked) {
    const answer = await api().ask(method, path, {
      caller: person('operator', 'owners'),
      ...(given === undefined ? {} : { body: given }),
    });
    expect([path, answer.status]).toEqual([path, 403]);
  }
  const foreign = { caller: person('admin', 'foreigners') };
  for (const [method, path, given] of asked.filter((one) => one[1].includes(id))) {
    const more = given === undefined ? {} : { body: given };
    const answer = await api().ask(method, path, { ...foreign, ...more });
    expect([path, answer.status]).toEqual([path, 404]);
  }
});

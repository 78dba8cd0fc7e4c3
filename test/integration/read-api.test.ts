import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/server/routes.ts';
import { recordLook } from '../../src/store/record.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import { type TestApi, testApi } from '../helpers/test-api.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const DAY = 24 * 60 * 60 * 1000;

/** Three hosts: one bad, one with a name, one of IPv6; the second look closes and opens a port. */
const looks = [
  lookOf({
    at: NOON,
    tcp: '22,80,443',
    hosts: {
      '192.0.2.1': { 22: { severity: 'critical' }, 80: { severity: 'low' } },
      '192.0.2.20': { 443: 'open' },
      'fd70::1': { 22: { severity: 'medium' }, 80: 'open' },
    },
    names: { '192.0.2.20': ['shop_1.example.org'] },
  }),
  lookOf({
    at: NOON + DAY,
    tcp: '22,80,443',
    hosts: {
      '192.0.2.1': { 22: { severity: 'critical' } },
      '192.0.2.20': { 443: 'open', 80: 'open' },
      'fd70::1': { 22: { severity: 'medium' }, 80: 'open' },
    },
    names: { '192.0.2.20': ['shop_1.example.org'] },
  }),
];

let opened: TestStore;
let api: TestApi;
beforeAll(async () => {
  opened = await openTestStore();
  for (const look of looks) await recordLook(opened.store, 'local', 'scan', look);
  let asked = 0;
  // what is done one after the other is told in this order
  api = testApi(opened.store, ROUTES, { now: () => NOON + 2 * DAY + asked++ });
});
afterAll(() => opened.end());

type Item = Readonly<Record<string, unknown>>;

/** Every item of a list, page by page. */
async function all(path: string, limit = 1): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null && page < 100; page++) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { status, json } = await api.ask('GET', `${path}limit=${limit}${from}`);
    expect(status).toBe(200);
    const answer = json as { items: Item[]; next: string | null };
    items.push(...answer.items);
    cursor = answer.next;
  }
  return items;
}

describe('hosts', () => {
  const addresses = async (query: string) =>
    (await all(`/hosts?${query}`)).map(({ address }) => address);

  it('are listed worst first, page by page, each once', async () => {
    expect(await addresses('')).toEqual(['192.0.2.1', 'fd70::1', '192.0.2.20']);
  });

  it('are found by severity, the beginning of an address, part of a name, and an open port', async () => {
    expect(await addresses('severity=medium&')).toEqual(['192.0.2.1', 'fd70::1']);
    expect(await addresses('text=192.0.2.2&')).toEqual(['192.0.2.20']);
    expect(await addresses('text=FD70:&')).toEqual(['fd70::1']);
    expect(await addresses('text=OP_1.EX&')).toEqual(['192.0.2.20']);
    expect(await addresses('text=opx1&')).toEqual([]);
    expect(await addresses('text=%25&')).toEqual([]);
    expect(await addresses('port=80&')).toEqual(['fd70::1', '192.0.2.20']);
    expect(await addresses('port=80&text=shop&')).toEqual(['192.0.2.20']);
    expect(await addresses('port=9999&')).toEqual([]);
  });

  it('show what is open now, the findings, and when each port was how', async () => {
    expect(await api.ask('GET', '/hosts/192.0.2.1')).toMatchObject({
      status: 200,
      json: {
        views: [{ vantage: 'here', open: 1, severity: 'critical' }],
        ports: [
          { port: 22, state: 'open' },
          { port: 80, state: 'closed' },
        ],
        findings: [{ severity: 'critical', status: 'open', port: 22 }],
        morePorts: false,
      },
    });
    const history = await all('/hosts/192.0.2.1/history?');
    expect(history.map(({ port, state }) => `${String(port)} ${String(state)}`)).toEqual([
      ...['22 open', '80 open', '80 closed'],
    ]);
    expect(await all('/hosts/192.0.2.1/history?current=true&port=80&')).toMatchObject([
      { state: 'closed' },
    ]);
    expect(await api.ask('GET', '/hosts/FD70::1')).toMatchObject({ status: 200 });
    expect(await api.ask('GET', '/hosts/example.org')).toMatchObject({ status: 422 });
  });
});

it('lists changes in both directions, of a time and of a host', async () => {
  const line = ({ kind, port }: Item) => `${String(kind)} ${String(port)}`;
  const newest = await all('/changes?');
  const times = newest.map(({ at }) => Date.parse(String(at)));
  expect(times).toEqual(times.toSorted((one, other) => other - one));
  expect((await all('/changes?order=oldest&')).toReversed()).toEqual(newest);
  const since = new Date(NOON).toISOString();
  expect((await all(`/changes?since=${since}&`)).map(line).toSorted()).toEqual([
    ...['closed 80', 'opened 80'],
  ]);
  expect((await all(`/changes?since=${since}&address=192.0.2.20&`)).map(line)).toEqual([
    'opened 80',
  ]);
});

describe('scans', () => {
  it('are listed newest first, and downloaded as they were stored', async () => {
    expect((await all('/scans?')).map(({ id }) => id)).toEqual([
      ...[looks[1]?.scan.id, looks[0]?.scan.id],
    ]);
    const path = `/scans/${looks[0]?.scan.id}`;
    expect(await api.ask('GET', path)).toMatchObject({ json: { hosts: 3, complete: true } });
    const plain = await api.request('GET', `${path}/report`);
    expect(plain.headers.get('content-disposition')).toContain('attachment');
    expect(await plain.json()).toEqual(JSON.parse(JSON.stringify(looks[0])));
    const packed = await api.request('GET', `${path}/report`, {
      headers: { 'accept-encoding': 'br, gzip;q=0.5' },
    });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    const text = gunzipSync(Buffer.from(await packed.arrayBuffer())).toString();
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(looks[0])));
  });

  it('are compared, by scan or by time, and never one with the other', async () => {
    const [from, to] = looks.map(({ scan }) => scan.id);
    const differing = {
      changes: [
        { kind: 'closed', port: 80 },
        { kind: 'opened', port: 80 },
      ],
    };
    expect(await api.ask('GET', `/diff?from=${from}&to=${to}`)).toMatchObject({
      status: 200,
      json: { ...differing, more: false },
    });
    const times = [NOON, NOON + DAY].map((at) => new Date(at).toISOString());
    expect(await api.ask('GET', `/diff?from=${times[0]}&to=${times[1]}`)).toMatchObject({
      json: differing,
    });
    expect(await api.ask('GET', `/diff?from=${from}&to=${times[1]}`)).toMatchObject({
      json: { error: { code: 'API_INVALID' } },
    });
  });
});

describe('findings', () => {
  it('are listed by status, severity, rule, host and who sees to them', async () => {
    const count = async (query: string) => (await all(`/findings?${query}`)).length;
    expect((await all('/findings?')).map(({ severity }) => severity)).toEqual([
      ...['critical', 'medium'],
    ]);
    expect(await count('severity=high&')).toBe(1);
    expect(await count('status=resolved&')).toBe(1);
    expect(await count('address=fd70::1&')).toBe(1);
    expect(await count('rule=no.such&')).toBe(0);
    const [first] = await all('/findings?');
    expect(await count(`rule=${String(first?.['rule'])}&severity=critical&`)).toBe(1);
    await api.ask('PUT', `/findings/${String(first?.['id'])}/assignee`, {
      body: { assignee: 'anna' },
    });
    expect(await count('assignee=anna&')).toBe(1);
  });

  it('are accepted for a time, opened again, and keep what people wrote', async () => {
    const [finding] = await all('/findings?severity=critical&');
    const path = `/findings/${String(finding?.['id'])}`;
    const until = new Date(NOON + 30 * DAY).toISOString();
    const accept = (body: unknown) => api.ask('POST', `${path}/accept`, { body });
    for (const late of [NOON, NOON + 400 * DAY]) {
      const body = { reason: 'x', until: new Date(late).toISOString() };
      expect(await accept(body)).toMatchObject({ status: 422 });
    }
    expect(await accept({ reason: 'behind the VPN', until })).toMatchObject({
      json: { status: 'accepted', accepted: { reason: 'behind the VPN', by: 'user:admin', until } },
    });
    expect(await api.ask('GET', '/hosts/192.0.2.1')).not.toMatchObject({
      json: { views: [{ severity: 'critical' }] },
    });
    await api.ask('POST', `${path}/comments`, { body: { text: 'see #5' } });
    await api.ask('DELETE', `${path}/accept`);
    expect(await api.ask('GET', path)).toMatchObject({
      json: {
        status: 'open',
        events: [
          { kind: 'opened', actor: null },
          { kind: 'assigned', detail: 'anna' },
          { kind: 'accepted', actor: 'user:admin', detail: 'behind the VPN' },
          { kind: 'commented', detail: 'see #5' },
          { kind: 'unaccepted', actor: 'user:admin' },
        ],
      },
    });
    const deeds = await opened.store.read((db) =>
      db.selectFrom('audit_log').select('action').orderBy('at').execute(),
    );
    expect(deeds.map(({ action }) => action)).toEqual([
      ...['finding.assign', 'finding.accept', 'finding.comment', 'finding.unaccept'],
    ]);
  });
});

it('refuses a page that is too long, a body that is too large, and a cursor of another list', async () => {
  expect(await api.ask('GET', '/hosts?limit=501')).toMatchObject({ status: 422 });
  const { json } = await api.ask('GET', '/hosts?limit=1');
  const { next } = json as { next: string };
  expect(await api.ask('GET', `/findings?cursor=${next}`)).toMatchObject({ status: 422 });
  const [finding] = await all('/findings?');
  expect(
    await api.ask('POST', `/findings/${String(finding?.['id'])}/comments`, {
      body: { text: 'x'.repeat(2 << 20) },
    }),
  ).toMatchObject({ status: 413, json: { error: { code: 'API_TOO_LARGE' } } });
});

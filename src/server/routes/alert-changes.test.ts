import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lookOf, type Saw } from '../../../test/helpers/stored-looks.ts';
import { testApi } from '../../../test/helpers/test-api.ts';
import { openTestStore, type TestStore } from '../../../test/helpers/test-store.ts';
import { channelIds } from '../../alerts/channels.ts';
import { hearTenant, tellDigest, wakeTenant } from '../../alerts/turn.ts';
import type { Alert } from '../../notify/message.ts';
import { LOCAL } from '../../store/open.ts';
import { dueDigests } from '../../store/queries/alert-rules.ts';
import { failed, tellOfChannel } from '../../store/queries/channels.ts';
import { acceptFinding } from '../../store/queries/finding-actions.ts';
import { findingList } from '../../store/queries/findings.ts';
import { tenantsToWake } from '../../store/queries/incidents.ts';
import { outboxPage } from '../../store/queries/outbox.ts';
import { recordLook } from '../../store/record.ts';
import { sealerOf } from '../../store/seal.ts';
import { alertRuleRoutes } from './alert-rules.ts';
import { channelRoutes } from './channels.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 0, 1, 12);
const HIGH: Saw = { severity: 'high' };

let opened: TestStore;
let now: number;
beforeEach(async () => {
  opened = await openTestStore();
  now = NOON;
});
afterEach(() => opened.end());

function ask(method: string, path: string, body?: unknown) {
  const api = testApi(opened.store, [...channelRoutes, ...alertRuleRoutes], { now: () => now });
  return api.ask(method, path, body === undefined ? {} : { body });
}

async function made(path: string, body: unknown): Promise<string> {
  const { status, json } = await ask('POST', path, body);
  expect(status).toBe(201);
  return (json as { id: string }).id;
}

const addChannel = () =>
  made('/channels', {
    name: 'hook',
    type: 'webhook',
    settings: { url: 'https://hooks.example.org/x', secret: 'hunter2' },
  });

/** A channel and this rule alone; resolves to the id of the rule. */
async function onlyRule(spec: object): Promise<string> {
  await addChannel();
  const { json } = await ask('GET', '/alert-rules');
  for (const { id } of (json as { items: { id: string }[] }).items) {
    await ask('DELETE', `/alert-rules/${id}`);
  }
  return made('/alert-rules', { name: 'Rule', spec });
}

const look = (ports: Readonly<Record<number, Saw>>) =>
  recordLook(
    opened.store,
    LOCAL,
    'scan',
    lookOf({ at: now, tcp: '22,80', hosts: { '192.0.2.7': ports } }),
  );

/** What a server does at that time. */
async function turn(): Promise<void> {
  const { store } = opened;
  const keys = { sealer: sealerOf(Buffer.alloc(32, 7)), notify: undefined };
  const means = {
    ...{ store, now, newId: randomUUID, publicUrl: 'https://postern.example' },
    channelsOf: (tx: Parameters<typeof channelIds>[0], tenant: string) =>
      channelIds(tx, tenant, keys),
  };
  while (await hearTenant(means, LOCAL));
  for (const tenant of await store.read((db) => tenantsToWake(db, now))) {
    while (await wakeTenant(means, tenant));
  }
  for (const { tenant, id } of await store.read((db) => dueDigests(db, now))) {
    await tellDigest(means, tenant, id);
  }
}

async function told(): Promise<readonly string[]> {
  const rows = await opened.store.read((db) => outboxPage(db, LOCAL, { limit: 500 }));
  return rows
    .toReversed()
    .map(({ alert }) => JSON.parse(alert) as Alert)
    .map(({ kind, what }) => `${kind} ${what}`);
}

/** Takes the finding at port 22 for right until a time. */
async function accept(until: number): Promise<void> {
  const { store } = opened;
  const rows = await store.read((db) => findingList(db, LOCAL, { status: 'open', limit: 9, now }));
  const finding = rows.find(({ port }) => port === 22)?.id ?? '';
  const act = { facts: store.facts, tenant: LOCAL, finding, actor: 'ada', at: now };
  await store.write((tx) => acceptFinding(tx, act, { reason: 'known', until }));
}

const DAILY = { delivery: { when: 'daily', time: '08:00' } };

it('a rule that will tell at once tells what waits for its list, and nothing twice', async () => {
  const id = await onlyRule(DAILY);
  await look({ 22: HIGH });
  await turn();
  now += HOUR;
  await ask('PUT', `/alert-rules/${id}`, { name: 'Rule', spec: {} });
  now += 1000;
  await look({ 22: HIGH, 80: HIGH });
  await turn();
  const all = ['incident test.exposed', 'digest Rule, last list: 1 open, 0 over'];
  expect((await told()).toSorted()).toEqual(all.toSorted());
  for (let day = 0; day < 2; day += 1) {
    now += DAY;
    await turn();
  }
  expect(await told()).toHaveLength(2);
  expect((await ask('GET', '/alert-rules')).json).toMatchObject({ items: [{ nextDigest: null }] });
});

it('a rule that is off meanwhile, or changed again, still tells what waits for its list', async () => {
  const id = await onlyRule(DAILY);
  await look({ 22: HIGH });
  await turn();
  for (const change of [{ enabled: false, spec: {} }, { spec: {} }, { spec: DAILY }]) {
    now += 1000;
    await ask('PUT', `/alert-rules/${id}`, { name: 'Rule', ...change });
  }
  now += DAY;
  await turn();
  expect(await told()).toEqual(['digest Rule, daily: 1 open, 0 over']);
});

it('a channel that failed and is taken away is over, and nobody is reminded of it', async () => {
  await onlyRule({});
  const id = await made('/channels', {
    name: 'gone',
    type: 'webhook',
    settings: { url: 'https://hooks.example.org/y', secret: 'hunter2' },
  });
  await opened.store.write(async (tx) => {
    await failed(tx, LOCAL, id);
    const about = { at: now, name: 'gone', problem: 'NOTIFY_REFUSED: it answered 404' };
    await tellOfChannel(tx, { tenant: LOCAL, channel: id }, 'channel.failed', about);
  });
  await turn();
  await turn();
  now += HOUR;
  expect(await ask('DELETE', `/channels/${id}`)).toMatchObject({ status: 200 });
  for (let day = 0; day < 30; day += 1) {
    await turn();
    now += DAY;
  }
  expect(await told()).toEqual([
    'incident Alerts over gone fail',
    'resolved Alerts over gone fail',
  ]);
});

const switched = (id: string, enabled: boolean) =>
  ask('PUT', `/alert-rules/${id}`, { name: 'Rule', enabled, spec: {} });

it('a rule that was off for a while reminds of what is still open', async () => {
  const id = await onlyRule({});
  await look({ 22: HIGH });
  await turn();
  await switched(id, false);
  now += 4 * DAY;
  await turn();
  await switched(id, true);
  await turn();
  expect(await told()).toEqual(['incident test.exposed', 'reminder test.exposed']);
});

it('a rule that was off for a while tells that an acceptance has ended meanwhile', async () => {
  const id = await onlyRule({});
  await look({ 22: HIGH });
  await turn();
  await accept(now + DAY);
  await turn();
  await switched(id, false);
  now += 2 * DAY;
  await turn();
  await switched(id, true);
  await turn();
  expect(await told()).toEqual([
    'incident test.exposed',
    'incident test.exposed: its acceptance has ended',
  ]);
});

it('a rule that was off for a while reminds of nothing that is over or accepted by now', async () => {
  const id = await onlyRule({});
  await look({ 22: HIGH, 80: HIGH });
  await turn();
  await switched(id, false);
  now += HOUR;
  await accept(now + 300 * DAY);
  await look({ 22: HIGH });
  await turn();
  await switched(id, true);
  for (let day = 0; day < 10; day += 1) {
    await turn();
    now += DAY;
  }
  expect(await told()).toEqual([
    'incident 2 findings on one host',
    'resolved 2 findings on one host',
  ]);
});

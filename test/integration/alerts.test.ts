import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { addDefaultRules } from '../../src/alerts/defaults.ts';
import { startAlerts } from '../../src/alerts/loop.ts';
import type { ChannelSetup } from '../../src/contract/notify.ts';
import type { Loop } from '../../src/net/loop.ts';
import type { Alert } from '../../src/notify/message.ts';
import { LOCAL } from '../../src/store/open.ts';
import { addChannelRow } from '../../src/store/queries/channels.ts';
import { outboxPage } from '../../src/store/queries/outbox.ts';
import { recordLook } from '../../src/store/record.ts';
import { sealerOf } from '../../src/store/seal.ts';
import { guardOf, type Receiver, receiver } from '../helpers/notify-peers.ts';
import { lookOf, type Saw } from '../helpers/stored-looks.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';
import { type Certificates, makeCertificates } from '../lab/certificates.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 0, 1, 12);
/** Longer than all that the clock of a test moves: what is under way is known by it. */
const LEASE_MS = 40 * 24 * HOUR;
const WITHIN_MS = 60_000;
const BAD: Saw = { severity: 'high' };

let folder: string;
let certificates: Certificates;
let opened: TestStore;
let clock: number;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-alerts-'));
  certificates = await makeCertificates(folder);
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  clock = NOON;
  opened = await openTestStore();
  ends.push(() => opened.end());
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function hookTo(name: string, { url }: Receiver): ChannelSetup {
  return { name, type: 'webhook', settings: { url, secret: 'hunter2' } };
}

async function peer(answer: Parameters<typeof receiver>[0]): Promise<Receiver> {
  const made = await receiver(answer);
  ends.push(() => made.close());
  return made;
}

interface Started {
  readonly onFault?: (error: unknown) => void;
  readonly timeoutMs?: number;
}

/** Gives up a peer that stalls; one that does not may need long on a busy machine. */
const SOON = { timeoutMs: 400 };

function raise(error: unknown): void {
  throw error;
}

function start(
  channels: readonly ChannelSetup[],
  { onFault = raise, timeoutMs = WITHIN_MS }: Started = {},
): Loop {
  const loop = startAlerts({
    ...{ store: opened.store, sealer: sealerOf(Buffer.alloc(32, 7)) },
    notify: { allowed: guardOf(['127.0.0.0/8']).allowed, channels },
    ...{ publicUrl: 'https://postern.example', now: () => clock, everyMs: 10, timeoutMs },
    leaseMs: LEASE_MS,
    onFault,
  });
  ends.push(() => loop.stop());
  return loop;
}

/** Rules come with the first turn; what happens before them is told to nobody. */
async function listening(count = 2): Promise<void> {
  await eventually(async () => {
    const rules = await opened.store.read((db) =>
      db.selectFrom('alert_rules').select('id').execute(),
    );
    return rules.length >= count;
  });
}

function look(day: number, hosts: Readonly<Record<string, Readonly<Record<number, Saw>>>>) {
  const report = lookOf({ at: NOON + day * 24 * HOUR, tcp: '22', hosts });
  return recordLook(opened.store, LOCAL, 'scan', report);
}

function outbox() {
  return opened.store.read((db) => outboxPage(db, LOCAL, { limit: 500 }));
}

async function eventually(done: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + WITHIN_MS;
  while (!(await done())) {
    if (Date.now() > until) {
      const rows = (await outbox()).map(({ status, attempts, problem }) => [
        status,
        attempts,
        problem,
      ]);
      throw new Error(JSON.stringify(rows.slice(0, 20)));
    }
    await sleep(20);
  }
}

/** Moves the time on to each next try, while nothing is under way, until it is so. */
async function inTime(done: () => Promise<boolean>): Promise<void> {
  await eventually(async () => {
    if (await done()) return true;
    const waiting = (await outbox()).filter(({ status }) => status === 'waiting');
    const next = Math.min(...waiting.map(({ next_at }) => next_at));
    const underWay = waiting.some(({ next_at }) => next_at > clock + LEASE_MS / 2);
    if (waiting.length > 0 && !underWay && next > clock) clock = next;
    return false;
  });
}

function delivered(messages: number): Promise<void> {
  return inTime(async () => {
    const rows = await outbox();
    return rows.length >= messages && rows.every(({ status }) => status !== 'waiting');
  });
}

/** A mail server that keeps what it takes, and has no time for the first of it. */
async function mailServer(): Promise<{ channel: ChannelSetup; mails: string[] }> {
  const mails: string[] = [];
  let asked = 0;
  const server = new SMTPServer({
    key: await readFile(certificates.valid.key),
    cert: await readFile(certificates.valid.cert),
    authOptional: true,
    onRcptTo: (_, __, callback) => {
      asked += 1;
      if (asked > 2) callback();
      else callback(Object.assign(new Error('later'), { responseCode: 451 }));
    },
    onData: (stream, _, callback) => {
      let raw = '';
      stream.on('data', (chunk: Buffer) => {
        raw += chunk.toString();
      });
      stream.on('end', () => {
        mails.push(raw);
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const settings = {
    ...{ host: '127.0.0.1', port, ca: certificates.ca },
    ...{ from: 'postern@example.org', to: ['admins@example.org'] },
  };
  return { channel: { name: 'office', type: 'email', settings }, mails };
}

const idIn = (mail: string) => /^Message-ID: *(\S+)/im.exec(mail)?.[1];

it('delivers each message once in the end, by mail and by a webhook that fails, stalls and lies', async () => {
  const taken: Alert[] = [];
  let asked = 0;
  const hook = await peer((response, { body }) => {
    asked += 1;
    const turn = asked % 4;
    if (turn === 1) response.writeHead(503).end('not now');
    if (turn === 0 || turn === 3) taken.push(JSON.parse(body) as Alert);
    if (turn === 0) response.end('ok');
    if (turn !== 3) return;
    // it says that it has taken it, and breaks off
    response.writeHead(200, { 'content-length': 1000 });
    response.write('o', () => response.destroy());
  });
  const { channel, mails } = await mailServer();
  start([hookTo('hook', hook), channel], SOON);
  await listening();
  await look(0, { '192.0.2.1': { 22: BAD }, '192.0.2.2': { 22: BAD } });
  await delivered(4);
  await look(1, { '192.0.2.1': {}, '192.0.2.2': { 22: BAD } });
  await delivered(6);
  await look(2, { '192.0.2.1': { 22: BAD }, '192.0.2.2': { 22: BAD } });
  await delivered(8);
  // whose answer was lost comes again, with the same id
  const once = [...new Map(taken.map((alert) => [alert.id, alert])).values()];
  const words = once.map(({ kind, host, what }) => `${kind} ${host} ${what}`);
  expect(words.toSorted()).toEqual([
    'incident 192.0.2.1 test.exposed',
    'incident 192.0.2.1 test.exposed: it is back',
    'incident 192.0.2.2 test.exposed',
    'resolved 192.0.2.1 test.exposed',
  ]);
  expect(asked).toBeGreaterThan(4);
  expect(mails).toHaveLength(4);
  expect(new Set(mails.map(idIn)).size).toBe(4);
  const rows = await outbox();
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['sent']));
  expect(Math.max(...rows.map(({ attempts }) => attempts))).toBeGreaterThan(1);
});

it('a channel that stalls holds up no other, and what it misses is told over the others', async () => {
  const stalled = await peer(() => undefined);
  const hook = await peer((response) => response.end());
  start([hookTo('stalled', stalled), hookTo('hook', hook)], SOON);
  await listening();
  const hosts = Object.fromEntries(
    Array.from({ length: 3 }, (_, index) => [`192.0.2.${index}`, { 22: BAD }]),
  );
  await look(0, hosts);
  await eventually(async () => hook.received.length >= 3);
  const alerts = () => hook.received.map(({ body }) => JSON.parse(body) as Alert);
  // until its tries are over, a day later
  await inTime(async () => alerts().some(({ what }) => what === 'Alerts over stalled fail'));
  expect(clock - NOON).toBeGreaterThan(18 * HOUR);
  const about = alerts().filter(({ what }) => what.includes('stalled'));
  expect(about.map(({ kind, severity }) => [kind, severity])).toEqual([['incident', 'high']]);
  const failed = (await outbox()).find(({ status }) => status === 'failed');
  expect(failed).toMatchObject({ problem: expect.stringContaining('NOTIFY_UNREACHABLE') });
}, 120_000);

it('waits as long as a peer asks for', async () => {
  let asked = 0;
  const hook = await peer((response) => {
    asked += 1;
    if (asked === 1) response.writeHead(429, { 'retry-after': '7200' });
    response.end();
  });
  start([hookTo('hook', hook)]);
  await listening();
  await look(0, { '192.0.2.1': { 22: BAD } });
  await eventually(async () => (await outbox())[0]?.problem != null);
  expect((await outbox())[0]?.next_at).toBe(NOON + 2 * HOUR);
  clock = NOON + 2 * HOUR;
  await eventually(async () => (await outbox())[0]?.status === 'sent');
  expect(asked).toBe(2);
});

it('says that it stopped half way, and sends the rest at the next start', async () => {
  let resolve = (): void => undefined;
  const begun = new Promise<void>((done) => {
    resolve = done;
  });
  let stalls = true;
  const hook = await peer((response) => {
    resolve();
    if (!stalls) response.end();
  });
  const loop = start([hookTo('hook', hook)]);
  await listening();
  await look(0, { '192.0.2.1': { 22: BAD } });
  await begun;
  await loop.stop();
  expect(await outbox()).toMatchObject([{ status: 'waiting', attempts: 0, next_at: NOON }]);
  stalls = false;
  start([hookTo('hook', hook)]);
  await eventually(async () => (await outbox())[0]?.status === 'sent');
  const ids = hook.received.map(({ body }) => (JSON.parse(body) as Alert).id);
  expect(new Set(ids).size).toBe(1);
});

it('tells an organisation what it should, though the rules of another cannot be read', async () => {
  const faults: unknown[] = [];
  const hook = await peer((response) => response.end());
  const at = NOON - DAY;
  await opened.store.write(async (tx) => {
    const rule = { id: randomUUID(), name: 'Of a later version', spec: '{"mass":"much"}' };
    const digest = { digest_at: at, digest_from: at, created_at: at };
    const row = { tenant: 'broken', ...rule, enabled: 1, position: 0, ...digest };
    await tx.insertInto('alert_rules').values(row).execute();
    const event = { kind: 'job.failed', subject: 'x', batch: 'x', detail: '{}' } as const;
    await tx
      .insertInto('events')
      .values({ tenant: 'broken', id: randomUUID(), at, ...event })
      .execute();
  });
  start([hookTo('hook', hook)], { onFault: (error) => faults.push(error) });
  await listening(2 + 1);
  await look(0, { '192.0.2.1': { 22: BAD } });
  await eventually(async () => hook.received.length > 0);
  expect(faults.length).toBeGreaterThan(0);
});

it('an organisation whose channels all stall holds up no other', async () => {
  const stalled = await peer(() => undefined);
  const channels = Array.from({ length: 80 }, (_, index) => hookTo(`hook-${index}`, stalled));
  // not of the operator: it may reach nothing inside, and is told so at once
  const other = { id: randomUUID(), name: 'other', type: 'webhook', created_at: NOON };
  const settings = sealerOf(Buffer.alloc(32, 7)).seal(JSON.stringify(hookTo('', stalled).settings));
  const means = { now: NOON, newId: randomUUID };
  await opened.store.write(async (tx) => {
    await addChannelRow(tx, 'small', { ...other, settings });
    await addDefaultRules(tx, 'small', means);
    await addDefaultRules(tx, LOCAL, means);
  });
  const report = lookOf({ at: NOON, tcp: '22', hosts: { '192.0.2.1': { 22: BAD } } });
  await recordLook(opened.store, LOCAL, 'scan', report);
  start(channels);
  await eventually(async () => stalled.received.length >= 32);
  await recordLook(opened.store, 'small', 'scan', {
    ...report,
    scan: { ...report.scan, id: randomUUID() },
  });
  const ofSmall = () => opened.store.read((db) => outboxPage(db, 'small', { limit: 9 }));
  await eventually(async () => (await ofSmall()).some(({ status }) => status === 'failed'));
  // none of the others was given up meanwhile
  expect(
    (await outbox()).filter(({ status, problem }) => status !== 'waiting' || problem !== null),
  ).toEqual([]);
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { channelIds } from '../../src/alerts/channels.ts';
import { ruleRow } from '../../src/alerts/defaults.ts';
import { Outbox } from '../../src/alerts/outbox.ts';
import { hearTenant, tellDigest, wakeTenant } from '../../src/alerts/turn.ts';
import type { NotifySettings } from '../../src/contract/notify.ts';
import type { AlertRuleInput } from '../../src/contract/service/alert-rule.ts';
import { createResolver } from '../../src/net/dns.ts';
import type { Alert } from '../../src/notify/message.ts';
import { endAllAcceptances } from '../../src/store/acceptances.ts';
import { upsert } from '../../src/store/bulk.ts';
import { LOCAL, openStore, type Place, type Store } from '../../src/store/open.ts';
import { addAlertRule, dueDigests } from '../../src/store/queries/alert-rules.ts';
import { acceptFinding } from '../../src/store/queries/finding-actions.ts';
import { findingList } from '../../src/store/queries/findings.ts';
import { incidentPage } from '../../src/store/queries/incidents.ts';
import { claimMessage, endTry, outboxPage, retryMessage } from '../../src/store/queries/outbox.ts';
import { recordLook } from '../../src/store/record.ts';
import { sealerOf } from '../../src/store/seal.ts';
import { guardOf, type Receiver, receiver } from '../helpers/notify-peers.ts';
import { lookOf, type Saw } from '../helpers/stored-looks.ts';
import { killWhileAlerting, tellWithTwo } from './alerts-kill.ts';
import type { StoreKind } from './store.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOON = Date.UTC(2026, 0, 1, 12);
const KILL_ROUNDS = Number(process.env['POSTERN_KILL_ROUNDS'] ?? 20);

/** What alerts rest on, in every store. */
export function describeAlerts(kind: StoreKind): void {
  describe(`alerts in ${kind.name}`, () => {
    let store: Store;
    let place: Place;
    let hook: Receiver;
    let notify: NotifySettings;
    beforeAll(async () => {
      hook = await receiver();
      const { allowed } = guardOf(['127.0.0.0/8']);
      const settings = { url: hook.url, secret: 'hunter2' };
      notify = { allowed, channels: [{ name: 'hook', type: 'webhook', settings }] };
      await kind.start();
    });
    afterAll(async () => {
      await store.close();
      await hook.close();
      await kind.stop();
    });
    beforeEach(async () => {
      await (store as Store | undefined)?.close();
      place = await kind.newPlace();
      store = await openStore(place);
    });

    const keys = () => ({ sealer: sealerOf(Buffer.alloc(32, 7)), notify });
    const means = (now: number) => ({
      ...{ store, now, newId: randomUUID, publicUrl: 'https://postern.example' },
      channelsOf: (tx: Parameters<typeof channelIds>[0], tenant: string) =>
        channelIds(tx, tenant, keys()),
    });
    const hearAll = async (now: number) => {
      while (await hearTenant(means(now), LOCAL));
    };
    let rules = 0;
    const addRule = (spec: AlertRuleInput = {}) =>
      store.write((tx) =>
        addAlertRule(
          tx,
          LOCAL,
          ruleRow({ id: randomUUID(), name: 'Rule', enabled: true, position: rules++, spec }, NOON),
        ),
      );
    const look = (day: number, ports: Readonly<Record<number, Saw>>, id = randomUUID()) =>
      recordLook(
        store,
        LOCAL,
        'scan',
        lookOf({ id, at: NOON + day * DAY, tcp: '22,80', hosts: { '192.0.2.7': ports } }),
      );
    const events = () => store.read((db) => db.selectFrom('events').selectAll().execute());
    const outbox = () => store.read((db) => outboxPage(db, LOCAL, { limit: 500 }));
    const alerts = async () =>
      (await outbox()).map(({ alert }) => JSON.parse(alert) as Alert).toReversed();
    const told = async () => (await alerts()).map((alert) => `${alert.kind} ${alert.what}`);
    const bad = { 22: { severity: 'high' as const } };

    it('hears nothing of a tenant without a rule', async () => {
      await look(0, bad);
      expect(await events()).toEqual([]);
    });

    it('hears what happens to findings, each once, and forgets what nobody takes', async () => {
      await addRule();
      const id = randomUUID();
      await look(0, bad, id);
      await look(0, bad, id);
      expect(await events()).toMatchObject([{ kind: 'finding.opened', batch: id }]);
      await look(1, {});
      expect((await events()).map((event) => event.kind).sort()).toEqual([
        'finding.opened',
        'finding.resolved',
      ]);
      await look(40, bad);
      expect((await events()).map((event) => event.kind)).toEqual(['finding.reopened']);
    });

    it('tells a finding when it opens, ends and comes back', async () => {
      await addRule();
      for (const [day, ports] of [bad, bad, {}, bad].entries()) {
        await look(day, ports);
        await hearAll(NOON + day * DAY);
        await hearAll(NOON + day * DAY);
      }
      expect(await told()).toEqual([
        'incident test.exposed',
        'resolved test.exposed',
        'incident test.exposed: it is back',
      ]);
      expect(await events()).toEqual([]);
      const [incident] = await store.read((db) => incidentPage(db, LOCAL, { limit: 9 }));
      expect(incident).toMatchObject({ status: 'open', severity: 3 });
      expect((await outbox()).map(({ incident: id }) => id)).toEqual(Array(3).fill(incident?.id));
    });

    it('tells a large look as one message, in bounded steps', async () => {
      await addRule();
      const hosts = Object.fromEntries(
        Array.from({ length: 700 }, (_, n) => [`10.64.${n >> 8}.${n & 255}`, bad]),
      );
      await recordLook(store, LOCAL, 'scan', lookOf({ at: NOON, tcp: '22', hosts }));
      expect(await hearTenant(means(NOON), LOCAL)).toBe(true);
      expect(await told()).toEqual([]);
      await hearAll(NOON);
      expect(await told()).toEqual(['incident 700 findings at once on over 200 hosts: 700 high']);
      const meta = await store.read((db) => db.selectFrom('meta').select('name').execute());
      expect(meta.map(({ name }) => name).toSorted()).toEqual(['alerts.lock', 'quota.lock']);
    });

    it('is silent about what is accepted until that ends', async () => {
      await addRule();
      await look(0, bad);
      await hearAll(NOON);
      const [finding] = await store.read((db) =>
        findingList(db, LOCAL, { status: 'open', limit: 1, now: NOON }),
      );
      const act = {
        facts: store.facts,
        tenant: LOCAL,
        finding: finding?.id ?? '',
        actor: 'ada',
        at: NOON + 1,
      };
      const until = NOON + 10 * DAY;
      await store.write((tx) => acceptFinding(tx, act, { reason: 'known', until }));
      await hearAll(NOON + 2);
      await wakeTenant(means(until - 1), LOCAL);
      expect(await told()).toEqual(['incident test.exposed']);
      await wakeTenant(means(until), LOCAL);
      await wakeTenant(means(until), LOCAL);
      await endAllAcceptances(store, until);
      await hearAll(until);
      expect((await told()).slice(1)).toEqual(['incident test.exposed: its acceptance has ended']);
    });

    it('knows hosts by the labels and groups of their assets', async () => {
      const group = randomUUID();
      const asset = (target: string, of: 'network' | 'address', labels: readonly string[]) => ({
        ...{ tenant: LOCAL, id: randomUUID(), target, kind: of, labels: JSON.stringify(labels) },
        ...{ note: '', created_at: NOON },
      });
      const selector = JSON.stringify({ labels: ['shop'], patterns: ['192.0.2.9'] });
      await store.write(async (tx) => {
        await upsert(tx, store.facts, 'assets', [
          asset('192.0.2.0/29', 'network', ['shop', 'production']),
          asset('192.0.2.9', 'address', []),
        ]);
        const row = { tenant: LOCAL, id: group, name: 'Shop', selector, created_at: NOON };
        await upsert(tx, store.facts, 'asset_groups', [row]);
      });
      await addRule({ match: { labels: ['production'] }, goOn: true });
      await addRule({ match: { groups: [group] } });
      const hosts = { '192.0.2.7': bad, '192.0.2.9': bad, '192.0.2.77': bad };
      await recordLook(store, LOCAL, 'scan', lookOf({ at: NOON, tcp: '22', hosts }));
      await hearAll(NOON);
      expect((await alerts()).map(({ host }) => String(host)).sort()).toEqual([
        '192.0.2.7',
        '192.0.2.7',
        '192.0.2.9',
      ]);
    });

    it('tells of jobs, agents, grants and addresses, and skips what it does not know', async () => {
      await addRule();
      const said = (word: string, subject: string, detail: string, at: number) => ({
        ...{ tenant: LOCAL, id: randomUUID(), at, kind: word, subject, detail },
        batch: randomUUID(),
      });
      const detail = JSON.stringify({ schedule: 'nightly', problem: 'STORE_FULL: no space' });
      const address = JSON.stringify({ address: '192.0.2.7' });
      const happened = [
        said('job.failed', randomUUID(), detail, 1),
        said('job.failed', randomUUID(), detail, 2),
        said('agent.silent', 'web', '{"name":"web"}', 3),
        said('agent.silent', 'web', '{"name":"web"}', 4),
        said('agent.returned', 'web', '{"name":"web"}', 5),
        said('grant.lapsed', 'g', '{"target":"example.org"}', 6),
        said('address.joined', 'www.example.org', address, 7),
        said('address.left', 'www.example.org', address, 8),
        said('finding.opened', 'gone', '{}', 9),
        said('moon.full', 'x', 'no JSON', 10),
      ];
      await store.write((tx) => upsert(tx, store.facts, 'events', happened));
      await hearAll(NOON);
      expect((await told()).sort()).toEqual([
        'incident A job has failed',
        'incident The agent web is silent',
        'incident example.org may no longer be scanned',
        'incident www.example.org has a new address: 192.0.2.7',
        'incident www.example.org no longer has the address 192.0.2.7',
        'resolved The agent web is silent',
      ]);
      expect(await events()).toEqual([]);
    });

    it('puts into a digest what has changed since the last, and sends none that is empty', async () => {
      await addRule({ delivery: { when: 'daily', time: '08:00' } });
      await look(0, { 22: { severity: 'low' }, 80: { severity: 'medium' } });
      await hearAll(NOON + 1);
      const digest = async (now: number) => {
        for (const { tenant, id } of await store.read((db) => dueDigests(db, now))) {
          await tellDigest(means(now), tenant, id);
        }
      };
      await digest(NOON + DAY / 2);
      expect(await told()).toEqual([]);
      for (const day of [1, 1, 2, 3]) await digest(NOON + day * DAY);
      await look(4, { 80: { severity: 'medium' } });
      await hearAll(NOON + 4 * DAY);
      await digest(NOON + 4 * DAY);
      expect(await told()).toEqual([
        'digest Rule, daily: 2 open, 0 over',
        'digest Rule, daily: 0 open, 1 over',
      ]);
      expect((await alerts())[0]?.entries.map(({ severity }) => severity)).toEqual([
        'medium',
        'low',
      ]);
    });

    it('gives a message to one of those who ask, in order, and again when its time is over', async () => {
      await addRule();
      for (const [day, ports] of [bad, {}].entries()) {
        await look(day, ports);
        await hearAll(NOON);
      }
      const [row] = await outbox();
      if (row === undefined) throw new Error('nothing to send');
      const { tenant, channel } = row;
      const claim = (now: number) =>
        store.write((tx) => claimMessage(tx, { tenant, channel }, { now, leaseMs: 1000 }));
      const both = await Promise.all([claim(NOON), claim(NOON)]);
      const [first, ...others] = both.filter((one) => one !== null);
      expect(others).toEqual([]);
      expect(first).toMatchObject({ seq: 1, attempts: 1 });
      const late = await claim(NOON + 1000);
      expect(late).toMatchObject({ id: first?.id, attempts: 2 });
      const sent = { status: 'sent', ended_at: NOON } as const;
      // who lost the message cannot end it
      if (first === undefined || late === null) throw new Error('not claimed');
      expect(await store.write((tx) => endTry(tx, first, sent))).toBe(false);
      expect(await store.write((tx) => endTry(tx, late, sent))).toBe(true);
      expect(await claim(NOON + 1000)).toMatchObject({ seq: 2 });
    });

    it('tells once that a channel fails, sends again by hand, and tells that it works', async () => {
      await addRule();
      const none = await receiver((response) => response.writeHead(410).end());
      const settings = { url: none.url, secret: 'hunter2' };
      const [first] = notify.channels;
      if (first === undefined) throw new Error('no channel');
      const good = notify;
      notify = { ...good, channels: [first, { name: 'gone', type: 'webhook', settings }] };
      try {
        await look(0, { 22: { severity: 'high' }, 80: { severity: 'high' } });
        await hearAll(NOON);
        const signal = new AbortController();
        const faults: unknown[] = [];
        const sender = () =>
          new Outbox({
            ...{ store, keys: keys(), resolver: createResolver({}), now: () => NOON + DAY },
            ...{ onFault: (error) => faults.push(error), onEvent: () => undefined },
          });
        const sendAll = async () => {
          for (let turn = 0; turn < 3; turn++) {
            const one = sender();
            await one.turn(signal.signal);
            await one.idle();
            await hearAll(NOON + DAY);
          }
        };
        await sendAll();
        const rows = await outbox();
        expect(rows.filter(({ status }) => status === 'failed')).toMatchObject([
          { attempts: 1, problem: expect.stringContaining('NOTIFY_REFUSED') },
        ]);
        const about = (await alerts()).filter(({ what }) => what === 'Alerts over gone fail');
        expect(about).toHaveLength(1);
        expect(rows.filter(({ status }) => status === 'waiting')).toEqual([]);
        const failed = rows.find(({ status }) => status === 'failed');
        notify = { ...good, channels: [first, { ...first, name: 'gone' }] };
        const retry = () =>
          store.write((tx) => retryMessage(tx, LOCAL, failed?.id ?? '', NOON + DAY));
        expect([await retry(), await retry()]).toEqual([true, false]);
        await sendAll();
        const now = await outbox();
        expect(now.filter(({ status }) => status !== 'sent')).toEqual([]);
        expect((await told()).filter((text) => text.includes('gone')).sort()).toEqual([
          'incident Alerts over gone fail',
          'resolved Alerts over gone fail',
        ]);
        expect(faults).toEqual([]);
      } finally {
        notify = good;
        await none.close();
      }
    });

    it('sends what a clock far ahead put off, once', async () => {
      const ahead = NOON + 300 * DAY;
      await addRule();
      await look(0, bad);
      await hearAll(ahead);
      const sender = () =>
        new Outbox({
          ...{ store, keys: keys(), resolver: createResolver({}), now: () => NOON },
          onFault: (error) => {
            throw error;
          },
          onEvent: () => undefined,
        });
      const before = hook.received.length;
      const both = [sender(), sender()];
      for (const one of both) await one.turn(new AbortController().signal);
      for (const one of both) await one.idle();
      expect(await outbox()).toMatchObject([{ status: 'sent', attempts: 1 }]);
      expect(hook.received.length - before).toBe(1);
    });

    it('sends a digest in its week although a clock far ahead put it off', async () => {
      await addRule({ delivery: { when: 'weekly', day: 'monday', time: '08:00' } });
      const [rule] = await store.read((db) => dueDigests(db, NOON + 30 * DAY));
      const id = rule?.id ?? '';
      await tellDigest(means(NOON + 300 * DAY), LOCAL, id);
      await look(0, bad);
      await hearAll(NOON);
      for (let day = 0; day < 14; day += 1) {
        for (const due of await store.read((db) => dueDigests(db, NOON + day * DAY))) {
          await tellDigest(means(NOON + day * DAY), LOCAL, due.id);
        }
      }
      expect(await told()).toEqual(['digest Rule, weekly: 1 open, 0 over']);
    });

    it('shows that a message fails whose rule names a channel that is gone from the file', async () => {
      const gone = randomUUID();
      await addRule({ channels: [gone, gone] });
      await look(0, bad);
      await hearAll(NOON);
      const options = { store, keys: keys(), resolver: createResolver({}), now: () => NOON };
      const faults: unknown[] = [];
      const sender = new Outbox({
        ...options,
        ...{ onFault: (error) => faults.push(error), onEvent: () => undefined },
      });
      await sender.turn(new AbortController().signal);
      await sender.idle();
      expect(await outbox()).toMatchObject([
        { status: 'failed', problem: 'the channel was taken away' },
      ]);
      expect(faults).toEqual([]);
    });

    it('tells each thing once when two servers work at a time', async () => {
      expect(await tellWithTwo(place)).toBe(0);
    }, 120_000);

    it('loses no alert and doubles none when it is killed at any moment', async () => {
      const target = await kind.newPlace();
      expect(await killWhileAlerting(target, KILL_ROUNDS)).toBe(KILL_ROUNDS);
    }, 900_000);
  });
}

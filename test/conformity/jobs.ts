import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scheduleSpec } from '../../src/contract/service/schedules.ts';
import { planScan } from '../../src/jobs/scan-plan.ts';
import { createSchedule, editSchedule, runSchedule } from '../../src/jobs/scheduling.ts';
import { holdForBlackouts, queueDue, queueNames } from '../../src/jobs/turn.ts';
import { LOCAL, openStore, type Place, type Store } from '../../src/store/open.ts';
import {
  addressesOfName,
  assetNames,
  followNamesAt,
  noteAnswers,
} from '../../src/store/queries/asset-addresses.ts';
import { addGroup, belongs, membersOf } from '../../src/store/queries/asset-groups.ts';
import {
  assetById,
  assetList,
  changeAsset,
  importAssets,
  labelsOf,
  removeAsset,
} from '../../src/store/queries/asset-list.ts';
import { grantByOperator } from '../../src/store/queries/grants.ts';
import {
  claimJob,
  countClaimable,
  failJob,
  releaseWorker,
} from '../../src/store/queries/job-claims.ts';
import {
  cancelJob,
  endJob,
  enqueue,
  giveBack,
  heartbeat,
  jobById,
  jobPage,
} from '../../src/store/queries/jobs.ts';
import { bringForward, scheduleById } from '../../src/store/queries/schedules.ts';
import { setQuotas } from '../../src/store/queries/settings.ts';
import { noteLooks } from '../../src/store/queries/target-looks.ts';
import { recordLook } from '../../src/store/record.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import type { StoreKind } from './store.ts';
import { newStoreEach } from './store-kinds.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 0, 1, 12);
const LEASE = 60_000;
const CLAIM_LOOP = fileURLToPath(new URL('../helpers/claim-loop.js', import.meta.url));
const run = promisify(execFile);

/** What the queue, schedules and assets do in every store. */
export function describeJobs(kind: StoreKind): void {
  describe(`jobs in ${kind.name}`, () => {
    let store: Store;
    let place: Place;
    newStoreEach(kind, (opened, at) => {
      store = opened;
      place = at;
    });

    const add = (tenant: string, more: { priority?: number; now?: number } = {}) => {
      const job = { id: randomUUID(), kind: 'scan', spec: {}, by: 'test', now: NOON } as const;
      return store.write((tx) => enqueue(tx, tenant, { ...job, ...more }));
    };
    const claim = (worker: string, now = NOON) =>
      store.write((tx) => claimJob(tx, store.facts, { worker, now, leaseMs: LEASE }));
    const job = (id: string, tenant = LOCAL) => store.read((db) => jobById(db, tenant, id));
    const held = (id: string, worker: string) => ({ tenant: LOCAL, id, worker });
    const events = () =>
      store.read((db) =>
        db.selectFrom('events').select(['kind', 'subject', 'detail']).orderBy('id').execute(),
      );
    const grant = (target: string, tenant = LOCAL, what: 'name' | 'network' = 'network') =>
      store.write((tx) =>
        grantByOperator(tx, tenant, { target, kind: what, by: 'test', at: NOON }),
      );
    const scheduled = async (spec: Record<string, unknown>, now = NOON) => {
      await grant('192.0.2.0/24');
      const parsed = scheduleSpec.parse({ targets: ['192.0.2.1'], ...spec });
      const given = { name: 'one', spec: parsed, enabled: true, by: 'test', now };
      return store.write((tx) => createSchedule(tx, LOCAL, given));
    };
    const jobs = () => store.read((db) => jobPage(db, LOCAL, { limit: 100 }));
    const done = async (id: string, worker: string) => {
      const ending = { status: 'done', now: NOON, problem: null } as const;
      return store.write((tx) => endJob(tx, held(id, worker), ending));
    };

    it('gives the highest priority first, then what has been due longest, and nothing early', async () => {
      await add(LOCAL, { now: NOON + 1 });
      const old = await add(LOCAL, { now: NOON });
      const high = await add(LOCAL, { priority: 5, now: NOON + 2 });
      await add(LOCAL, { priority: 9, now: NOON + HOUR });
      expect((await claim('a', NOON + 10))?.id).toBe(high.id);
      expect((await claim('b', NOON + 10))?.id).toBe(old.id);
      expect((await claim('c', NOON + 10))?.status).toBe('running');
      expect(await claim('d', NOON + 10)).toBeNull();
    });

    it('takes tenants in turn, whatever one of them piles up', async () => {
      for (let count = 0; count < 6; count += 1) await add('loud', { priority: 100 });
      await add('quiet');
      await add('calm');
      const tenants = [];
      for (const [step, worker] of ['a', 'b', 'c', 'd'].entries()) {
        tenants.push((await claim(worker, NOON + step))?.tenant);
      }
      expect(new Set(tenants.slice(0, 3))).toEqual(new Set(['calm', 'loud', 'quiet']));
      expect(tenants[3]).toBe('loud');
      // one after the other, it is still the turn of who waited longest
      await add('quiet');
      for (const worker of ['a', 'b', 'c', 'd']) {
        await store.write((tx) => releaseWorker(tx, worker, null));
      }
      const again = await claim('e', NOON + 10);
      expect(again?.tenant).not.toBe('loud');
    });

    it('runs no more jobs of a tenant at once than it may', async () => {
      const limit = (tenant: string, runningJobs: number) =>
        store.write((tx) => setQuotas(tx, tenant, { runningJobs }));
      await limit('small', 1);
      await limit('none', 0);
      for (const tenant of ['small', 'small', 'none']) await add(tenant);
      expect(await store.read((db) => countClaimable(db, NOON))).toBe(1);
      expect((await claim('a'))?.tenant).toBe('small');
      expect(await claim('b')).toBeNull();
      expect(await store.read((db) => countClaimable(db, NOON))).toBe(0);
    });

    it('gives a job back to the queue when its lease has run out, three times, and then tells', async () => {
      const { id } = await add(LOCAL);
      let now = NOON;
      for (const worker of ['a', 'b', 'c']) {
        expect((await claim(worker, now))?.id).toBe(id);
        expect(await claim('other', now + LEASE)).toBeNull();
        now += LEASE + 1;
      }
      await store.write((tx) => releaseWorker(tx, 'c', 'killed by SIGKILL'));
      expect(await store.read((db) => countClaimable(db, now))).toBe(1);
      expect(await claim('d', now)).toBeNull();
      expect(await job(id)).toMatchObject({
        status: 'failed',
        attempts: 3,
        problem: expect.stringMatching(/^JOB_LOST: .*3 tries.*killed by SIGKILL/),
      });
      expect(await events()).toMatchObject([{ kind: 'job.failed', subject: id }]);
      // who comes back late changes nothing any more
      const late = { leaseUntil: now, progress: null };
      expect(await store.write((tx) => heartbeat(tx, held(id, 'c'), late))).toBe('lost');
      expect(await done(id, 'c')).toBe(false);
    });

    it('renews a lease, keeps the progress and tells of a wish to stop', async () => {
      const { id } = await add(LOCAL);
      await claim('a');
      const progress = { done: 5, total: null, open: 1, hosts: 1 };
      const beat = (now: number) =>
        store.write((tx) => heartbeat(tx, held(id, 'a'), { leaseUntil: now + LEASE, progress }));
      expect(await beat(NOON + LEASE)).toBe('go on');
      expect(await claim('b', NOON + LEASE + 1)).toBeNull();
      expect(JSON.parse((await job(id))?.progress ?? '')).toEqual(progress);
      expect(await store.write((tx) => cancelJob(tx, 'other', id, NOON))).toBeNull();
      expect(await store.write((tx) => cancelJob(tx, LOCAL, id, NOON))).toBe('running');
      expect(await beat(NOON)).toBe('cancel');
      // given back all the same: it does not run again
      await store.write((tx) => giveBack(tx, held(id, 'a'), { now: NOON }));
      expect(await job(id)).toMatchObject({ status: 'cancelled', worker: null });
      const waiting = await add(LOCAL);
      expect(await store.write((tx) => cancelJob(tx, LOCAL, waiting.id, NOON))).toBe('cancelled');
      expect(await store.write((tx) => cancelJob(tx, LOCAL, waiting.id, NOON))).toBeNull();
    });

    it('cancels what was to be cancelled when its worker went away', async () => {
      const { id } = await add(LOCAL);
      await claim('a');
      await store.write((tx) => cancelJob(tx, LOCAL, id, NOON));
      expect(await claim('b', NOON + LEASE + 1)).toBeNull();
      expect(await job(id)).toMatchObject({ status: 'cancelled' });
    });

    it('does not count a try that was given back, and fails only for its holder', async () => {
      const { id } = await add(LOCAL);
      const row = await claim('a');
      await store.write((tx) => giveBack(tx, held(id, 'a'), { now: NOON, dueAt: NOON + 5 }));
      expect(await job(id)).toMatchObject({ status: 'queued', attempts: 0, due_at: NOON + 5 });
      expect(row).toMatchObject({ id, attempts: 1 });
      const next = await claim('b', NOON + 5);
      const failure = { now: NOON, problem: 'X: y' };
      if (row === null || next === null) throw new Error('nothing was claimed');
      expect(await store.write((tx) => failJob(tx, store.facts, row, failure))).toBe(false);
      expect(await store.write((tx) => failJob(tx, store.facts, next, failure))).toBe(true);
      expect(await job(id)).toMatchObject({ status: 'failed', problem: 'X: y' });
    });

    it('is claimed by one process alone, however many ask at once', async () => {
      const count = 60;
      const tenants = ['a', 'b', LOCAL];
      const ids = await Promise.all(
        Array.from({ length: count }, async (_, at) => (await add(tenants[at % 3] ?? '')).id),
      );
      const workers = await Promise.all(
        ['w1', 'w2', 'w3'].map((name) =>
          run(process.execPath, [CLAIM_LOOP, JSON.stringify(place), name]),
        ),
      );
      const claimed = workers.flatMap(({ stdout }) => stdout.trim().split('\n').filter(Boolean));
      expect(claimed.toSorted()).toEqual(ids.toSorted());
    }, 60_000);

    it('pages jobs, newest first, each once, and those of the tenant only', async () => {
      const ids = [];
      for (let at = 0; at < 7; at += 1) {
        ids.push((await add(LOCAL, { now: NOON + Math.floor(at / 2) })).id);
      }
      await add('other');
      const seen: string[] = [];
      for (let after: { at: number; id: string } | undefined; ; ) {
        const page = await store.read((db) => jobPage(db, LOCAL, { limit: 3, after }));
        seen.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        if (page.length < 3 || last === undefined) break;
        after = { at: last.created_at, id: last.id };
      }
      expect(seen).toHaveLength(7);
      expect(seen.toSorted()).toEqual(ids.toSorted());
      expect(seen[0]).toBe(ids[6]);
    });

    it('queues what is due once, for all servers and all missed runs', async () => {
      const row = await scheduled({ every: '1h' });
      expect(row.next_at).toBe(NOON + HOUR);
      await queueDue(store, NOON + HOUR - 1);
      expect(await jobs()).toEqual([]);
      // the machine was asleep for a week; two servers wake
      const second = await openStore(place);
      const now = NOON + 7 * DAY + 5;
      await Promise.all([queueDue(store, now), queueDue(second, now)]);
      await queueDue(second, now + 1);
      await second.close();
      expect(await jobs()).toMatchObject([
        { schedule: row.id, created_by: 'schedule', status: 'queued', due_at: now },
      ]);
      const after = await store.read((db) => scheduleById(db, LOCAL, row.id));
      expect(after).toMatchObject({ next_at: NOON + 7 * DAY + HOUR, last_at: now });
    });

    it('queues no second job of a schedule while one is under way', async () => {
      const row = await scheduled({ every: '1h' });
      await queueDue(store, NOON + HOUR);
      const first = await claim('a', NOON + HOUR);
      await queueDue(store, NOON + 2 * HOUR);
      expect(await jobs()).toHaveLength(1);
      await expect(
        store.write((tx) => runSchedule(tx, LOCAL, row.id, { by: 'x', now: NOON })),
      ).rejects.toMatchObject({ code: 'API_CONFLICT' });
      await done(first?.id ?? '', 'a');
      await queueDue(store, NOON + 2 * HOUR + 1);
      expect(await jobs()).toHaveLength(1);
      await queueDue(store, NOON + 3 * HOUR);
      expect(await jobs()).toHaveLength(2);
    });

    it('skips runs beyond a quota, tells once, and goes on when there is room', async () => {
      const row = await scheduled({ every: '1h' });
      const other = await scheduled({ every: '1h' });
      await store.write((tx) => setQuotas(tx, LOCAL, { scansPerDay: 1 }));
      const runAt = async (now: number) => {
        // a server asks every second
        for (const later of [0, 1000, 2000]) await queueDue(store, now + later);
        for (const { id } of (await jobs()).filter(({ status }) => status === 'queued')) {
          await store.write((tx) => cancelJob(tx, LOCAL, id, now));
        }
        const kinds = (await jobs()).map(({ status }) => status).toSorted();
        return { kinds, told: (await events()).length };
      };
      expect(await runAt(NOON + HOUR)).toEqual({ kinds: ['cancelled', 'failed'], told: 1 });
      const [{ schedule } = {}] = (await jobs()).filter(({ status }) => status === 'failed');
      expect(await jobs()).toContainEqual(
        expect.objectContaining({
          status: 'failed',
          problem: expect.stringMatching(/^QUOTA: no more than 1 scans in 24 hours/),
        }),
      );
      // by name: a person knows no id
      expect(JSON.parse((await events())[0]?.detail ?? '')).toMatchObject({
        name: 'one',
        schedule,
      });
      // now both are refused, and the one that was before is not told of again
      const refused = { kinds: ['cancelled', 'failed', 'failed'], told: 2 };
      expect(await runAt(NOON + 2 * HOUR)).toEqual(refused);
      expect(await runAt(NOON + 3 * HOUR)).toEqual(refused);
      const after = await store.read((db) => scheduleById(db, LOCAL, schedule ?? ''));
      expect(after).toMatchObject({ next_at: NOON + 4 * HOUR, last_at: null });
      // what was refused does not count
      await store.write((tx) => setQuotas(tx, LOCAL, { scansPerDay: 3 }));
      const { kinds } = await runAt(NOON + 4 * HOUR);
      expect(kinds).toEqual(['cancelled', 'cancelled', 'cancelled', 'failed', 'failed']);
      expect(new Set([row.id, other.id]).has(schedule ?? '')).toBe(true);
    });

    it('is not harmed by a clock that was wrong, in either direction', async () => {
      const later = NOON + 3000 * DAY;
      const row = await scheduled({ every: '1h' }, later);
      await queueDue(store, later + HOUR);
      const first = await claim('a', later + HOUR);
      await done(first?.id ?? '', 'a');
      await queueDue(store, NOON);
      expect(await jobs()).toHaveLength(1);
      await queueDue(store, NOON + HOUR);
      expect(await jobs()).toHaveLength(2);
      // a step back by less than a day is waited out
      await queueDue(store, NOON + HOUR / 2);
      expect(await jobs()).toHaveLength(2);
      const after = await store.read((db) => scheduleById(db, LOCAL, row.id));
      expect(after?.next_at).toBe(NOON + 2 * HOUR);
    });

    it('runs jobs, and asks for names, that a clock far ahead put off', async () => {
      const later = NOON + 300 * DAY;
      const running = await add(LOCAL, { now: later });
      await claim('a', later);
      const waiting = await add(LOCAL, { now: later });
      await store.write((tx) => followNamesAt(tx, 'other', later));
      expect(await store.read((db) => countClaimable(db, NOON))).toBe(2);
      const ids = new Set([(await claim('b'))?.id, (await claim('c'))?.id]);
      expect(ids).toEqual(new Set([running.id, waiting.id]));
      await queueNames(store, NOON, HOUR);
      expect(await store.read((db) => jobPage(db, 'other', { limit: 5 }))).toHaveLength(1);
    });

    it('lets a run wait for the end of a blackout, and a strict one stops and goes on', async () => {
      const blackouts = [{ from: '13:00', to: '15:00' }];
      const row = await scheduled({ every: '1h', blackouts, strict: true });
      expect(row.next_at).toBe(NOON + 3 * HOUR);
      await store.write((tx) => bringForward(tx, LOCAL, row.id, NOON));
      await queueDue(store, NOON + HOUR + 7);
      expect(await jobs()).toEqual([]);
      await store.write((tx) => bringForward(tx, LOCAL, row.id, NOON));
      await queueDue(store, NOON);
      // it waited in the queue until the blackout began
      await holdForBlackouts(store, NOON + HOUR);
      expect(await claim('a', NOON + HOUR)).toBeNull();
      const first = await claim('a', NOON + 3 * HOUR);
      const id = first?.id ?? '';
      await holdForBlackouts(store, NOON + 4 * HOUR);
      const beat = { leaseUntil: NOON + 30 * HOUR, progress: null };
      expect(await store.write((tx) => heartbeat(tx, held(id, 'a'), beat))).toBe('go on');
      await holdForBlackouts(store, NOON + 25 * HOUR);
      expect(await store.write((tx) => heartbeat(tx, held(id, 'a'), beat))).toBe('pause');
      await store.write((tx) => giveBack(tx, held(id, 'a'), { now: NOON + 25 * HOUR }));
      expect(await claim('b', NOON + 26 * HOUR)).toBeNull();
      expect(await claim('b', NOON + 27 * HOUR)).toMatchObject({ id, cancel: 0, attempts: 1 });
      // what a person started is not held
      await done(id, 'b');
      await store.write((tx) => runSchedule(tx, LOCAL, row.id, { by: 'x', now: NOON + HOUR }));
      await holdForBlackouts(store, NOON + HOUR);
      expect(await claim('c', NOON + HOUR)).toMatchObject({ created_by: 'x' });
    });

    it('queues what is due though another schedule cannot be read', async () => {
      const broken = await scheduled({ every: '1h' });
      await store.write((tx) =>
        tx
          .updateTable('schedules')
          .set({ spec: '{"every":"never"}', next_at: NOON })
          .where('id', '=', broken.id)
          .execute(),
      );
      const row = await scheduled({ every: '1h' });
      await expect(queueDue(store, NOON + HOUR)).rejects.toThrow(/every/);
      expect(await jobs()).toMatchObject([{ schedule: row.id, status: 'queued' }]);
    });

    it('switches schedules off and on, and keeps their next run where only the name changes', async () => {
      const row = await scheduled({ every: '1h' });
      const edit = (change: object) =>
        store.write((tx) =>
          editSchedule(tx, LOCAL, row.id, { ...change, now: NOON + 90 * 60_000 }),
        );
      expect(await edit({ enabled: false })).toMatchObject({ enabled: 0, next_at: null });
      await queueDue(store, NOON + 10 * HOUR);
      expect(await jobs()).toEqual([]);
      expect(await edit({ enabled: true })).toMatchObject({ next_at: NOON + 2 * HOUR });
      expect(await edit({ name: 'two' })).toMatchObject({ name: 'two', next_at: NOON + 2 * HOUR });
      await expect(
        store.write((tx) => editSchedule(tx, 'other', row.id, { now: NOON })),
      ).rejects.toMatchObject({ code: 'API_NOT_FOUND' });
    });

    it('refuses what is not granted, at its making', async () => {
      const spec = scheduleSpec.parse({ every: '1h', targets: ['192.0.2.1', '198.51.100.0/24'] });
      await grant('192.0.2.0/24');
      const given = { name: 'one', spec, enabled: true, by: 'test', now: NOON };
      await expect(store.write((tx) => createSchedule(tx, LOCAL, given))).rejects.toMatchObject({
        code: 'TARGET_NOT_GRANTED',
        message: /198\.51\.100\.0\/24/,
      });
      await grant('198.51.100.0/24');
      expect(await store.write((tx) => createSchedule(tx, LOCAL, given))).toMatchObject({
        name: 'one',
      });
    });

    const assets = (
      ...given: readonly (readonly [string, 'address' | 'network' | 'name', string[]])[]
    ) =>
      store.write((tx) =>
        importAssets(
          tx,
          LOCAL,
          store.facts,
          given.map(([target, word, labels]) => ({ target, kind: word, labels })),
          NOON,
        ),
      );

    it('keeps assets, their labels and groups', async () => {
      expect(
        await assets(
          ['192.0.2.1', 'address', ['web']],
          ['192.0.2.0/28', 'network', ['lan_1']],
          ['db.example.org', 'name', ['db']],
          ['www.example.org', 'name', ['web', 'b']],
          ['www.example.org', 'name', ['a']],
        ),
      ).toEqual({ added: 4, changed: 0 });
      expect(
        await assets(['192.0.2.1', 'address', ['new']], ['192.0.2.0/28', 'network', []]),
      ).toEqual({ added: 0, changed: 1 });
      const list = (asked: object) =>
        store.read(async (db) =>
          (await assetList(db, LOCAL, { limit: 10, ...asked })).map(({ target }) => target),
        );
      expect(await list({ label: 'web' })).toEqual(['192.0.2.1', 'www.example.org']);
      expect(await list({ label: 'lan_1' })).toEqual(['192.0.2.0/28']);
      expect(await list({ label: 'lanx1' })).toEqual([]);
      expect(await list({ kind: 'name', after: 'db.example.org' })).toEqual(['www.example.org']);
      const selector = { labels: ['db'], patterns: ['192.0.2.*', 'WWW.*'] };
      const members = await store.read((db) => membersOf(db, LOCAL, selector, { limit: 3 }));
      expect(members.map(({ target }) => target)).toEqual([
        '192.0.2.0/28',
        '192.0.2.1',
        'db.example.org',
      ]);
      const rest = { limit: 3, after: members[2]?.target };
      const last = await store.read((db) => membersOf(db, LOCAL, selector, rest));
      expect(last.map(labelsOf)).toEqual([['a', 'b', 'web']]);
      expect(last.every(belongs({ labels: ['none'], patterns: [] }))).toBe(false);
      const id = last[0]?.id ?? '';
      await store.write((tx) => changeAsset(tx, LOCAL, id, { labels: ['z'], note: 'n' }));
      expect(await store.read((db) => assetById(db, LOCAL, id))).toMatchObject({
        labels: '["z"]',
        note: 'n',
      });
      expect(await store.write((tx) => removeAsset(tx, 'other', id))).toBeNull();
      expect(await store.write((tx) => removeAsset(tx, LOCAL, id))).toMatchObject({ id });
      expect(await list({})).toHaveLength(3);
    });

    it('follows names: what joined and left, and no flapping where the DNS takes turns', async () => {
      await assets(['a.example', 'name', []]);
      const answer = (addresses: string[], at: number, known: (4 | 6)[] = [4, 6]) => {
        const note = { now: NOON + at, leftAfter: 3, batch: 'job' };
        const answers = [{ name: 'a.example', addresses, known }];
        return store.write((tx) => noteAnswers(tx, LOCAL, store.facts, answers, note));
      };
      const told = async () =>
        (await events()).map(({ kind: word, detail }) => `${word} ${JSON.parse(detail).address}`);
      await answer(['192.0.2.1', '2001:db8::1'], 0);
      expect(await told()).toEqual([]);
      // one of two in turn
      for (let at = 1; at < 9; at += 1)
        await answer([`192.0.2.${(at % 2) + 1}`, '2001:db8::1'], at);
      expect(await told()).toEqual(['address.joined 192.0.2.2']);
      // the other family could not be asked: no evidence
      for (let at = 9; at < 15; at += 1) await answer(['192.0.2.1', '192.0.2.2'], at, [4]);
      expect(await told()).toHaveLength(1);
      for (let at = 15; at < 18; at += 1) await answer(['192.0.2.1'], at);
      expect((await told()).toSorted()).toEqual([
        'address.joined 192.0.2.2',
        'address.left 192.0.2.2',
        'address.left 2001:db8::1',
      ]);
      // NXDOMAIN is an answer without any
      for (let at = 18; at < 21; at += 1) await answer([], at);
      await answer(['192.0.2.2'], 30);
      const rows = await store.read((db) => addressesOfName(db, LOCAL, 'a.example'));
      expect(rows.filter(({ address }) => address === '192.0.2.2')).toMatchObject([
        { first_seen: NOON + 1, last_seen: NOON + 14, left_at: NOON + 17 },
        { first_seen: NOON + 30, left_at: null, misses: 0 },
      ]);
      expect(await told()).toHaveLength(5);
      expect(await store.read((db) => assetNames(db, LOCAL, { limit: 5 }))).toEqual(['a.example']);
    });

    it('queues the look at names of every tenant once each time', async () => {
      await store.write((tx) => followNamesAt(tx, LOCAL, NOON));
      await store.write((tx) => followNamesAt(tx, 'other', NOON + 5));
      await queueNames(store, NOON, HOUR);
      await queueNames(store, NOON + 1, HOUR);
      expect(await jobs()).toMatchObject([{ kind: 'dns', status: 'queued' }]);
      await queueNames(store, NOON + 5, HOUR);
      expect(await store.read((db) => jobPage(db, 'other', { limit: 5 }))).toHaveLength(1);
      await queueNames(store, NOON + 2 * HOUR, HOUR);
      expect(await jobs()).toHaveLength(1);
    });

    it('plans targets, the members of groups, and leaves out what is not granted any more', async () => {
      await assets(['192.0.2.9', 'address', ['x']], ['198.51.100.1', 'address', ['x']]);
      const id = randomUUID();
      const selector = JSON.stringify({ labels: ['x'], patterns: [] });
      await store.write((tx) => addGroup(tx, LOCAL, { id, name: 'x', selector, created_at: NOON }));
      await grant('192.0.2.0/24');
      const plan = (targets: string[]) =>
        store.read((db) => planScan(db, LOCAL, { targets, groups: [id], scan: {} }, NOON));
      expect(await plan(['192.0.2.1', '192.0.2.9'])).toMatchObject({
        targets: ['192.0.2.1', '192.0.2.9'],
        without: { code: 'TARGET_NOT_GRANTED', message: /198\.51\.100\.1/ },
      });
      await expect(plan(['198.51.100.2'])).rejects.toMatchObject({ code: 'TARGET_NOT_GRANTED' });
    });

    it('looks again at what is due by what was found last', async () => {
      await grant('192.0.2.0/24');
      await grant('example.org', LOCAL, 'name');
      await assets(
        ['192.0.2.0/28', 'network', []],
        ['192.0.2.200', 'address', []],
        ['192.0.2.201', 'address', []],
        ['www.example.org', 'name', []],
      );
      const hosts = {
        '192.0.2.1': { 22: { severity: 'critical' } },
        '192.0.2.2': { 22: 'open' },
        '192.0.2.200': { 22: { severity: 'medium' } },
      } as const;
      await recordLook(store, LOCAL, 'scan', lookOf({ at: NOON, tcp: '22', hosts }));
      const again = {
        ...{ critical: 12 * HOUR, high: DAY, medium: 4 * DAY, low: 6 * DAY },
        ...{ clean: 7 * DAY, dark: 90 * DAY },
      };
      const due = async (now: number, batch = 100) => {
        const order = { targets: [], groups: [], scan: {}, due: { again, batch } };
        return store.read((db) => planScan(db, LOCAL, order, now));
      };
      const all = ['192.0.2.0/28', '192.0.2.1', '192.0.2.2', '192.0.2.200', '192.0.2.201'];
      const first = await due(NOON);
      expect(first.targets.toSorted()).toEqual([...all, 'www.example.org']);
      expect((await due(NOON, 2)).targets).toHaveLength(2);
      await store.write((tx) => noteLooks(tx, LOCAL, store.facts, first.targets, NOON));
      expect(await due(NOON + 12 * HOUR - 1)).toMatchObject({
        targets: [],
        next: NOON + 12 * HOUR,
      });
      expect((await due(NOON + 12 * HOUR)).targets).toEqual(['192.0.2.1']);
      expect((await due(NOON + 4 * DAY)).targets).toEqual(['192.0.2.1', '192.0.2.200']);
      expect((await due(NOON + 7 * DAY)).targets).toContain('192.0.2.2');
      const dark = (await due(NOON + 90 * DAY)).targets;
      expect(dark.toSorted()).toEqual([...all, 'www.example.org']);
    });
  });
}

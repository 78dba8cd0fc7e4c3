import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScanReport } from '../../src/model/scan.ts';
import { endAllAcceptances } from '../../src/store/acceptances.ts';
import { backup, restore } from '../../src/store/backup.ts';
import { upsert } from '../../src/store/bulk.ts';
import { MIGRATIONS } from '../../src/store/migrate.ts';
import { LOCAL, openStore, type Place, type Store } from '../../src/store/open.ts';
import { assetPage } from '../../src/store/queries/assets.ts';
import { changesBetween } from '../../src/store/queries/changes.ts';
import { contradictionsIn } from '../../src/store/queries/contradictions.ts';
import {
  acceptFinding,
  assignFinding,
  commentFinding,
} from '../../src/store/queries/finding-actions.ts';
import { findingEvents, findingList } from '../../src/store/queries/findings.ts';
import { historyOf } from '../../src/store/queries/history.ts';
import { overview } from '../../src/store/queries/overview.ts';
import {
  comparableBefore,
  latestScans,
  scanById,
  storedReport,
} from '../../src/store/queries/scans.ts';
import { recordLook } from '../../src/store/record.ts';
import { HOSTS } from '../helpers/numbered-looks.ts';
import { HOSTILE } from '../helpers/sample-report.ts';
import { lookOf } from '../helpers/stored-looks.ts';
import { killWhileRecording, startRecorder, writeLooks } from './store-kill.ts';
import { newStoreEach } from './store-kinds.ts';

/** A kind of store, and how the suite gets a new, empty one. */
export interface StoreKind {
  readonly name: string;
  start(): Promise<void>;
  newPlace(): Promise<Place>;
  stop(): Promise<void>;
}

const DAY = 24 * 60 * 60 * 1000;
/** Rounds of kill -9; POSTERN_KILL_ROUNDS=100 for the figure of the page on history. */
const KILL_ROUNDS = Number(process.env['POSTERN_KILL_ROUNDS'] ?? 20);
const NOON = Date.UTC(2026, 0, 1, 12);
const HOST = '192.0.2.7';

/** What every store does, whatever it is made of. */
export function describeStore(kind: StoreKind): void {
  describe(`a store in ${kind.name}`, () => {
    let store: Store;
    let place: Place;
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'postern-suite-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));
    newStoreEach(kind, (opened, at) => {
      store = opened;
      place = at;
    });

    const record = (report: ScanReport) => recordLook(store, LOCAL, 'scan', report);
    const look = (day: number, hosts: Parameters<typeof lookOf>[0]['hosts'], tcp = '22,80') =>
      record(lookOf({ at: NOON + day * DAY, tcp, hosts }));
    const history = (port?: number) =>
      store.read((db) =>
        historyOf(db, LOCAL, { host: HOST, ...(port === undefined ? {} : { port }) }),
      );
    const kinds = async () =>
      (await store.read((db) => changesBetween(db, LOCAL, { after: 0, until: NOON * 2 }))).map(
        ({ kind: word, port }) => `${word} ${port}`,
      );
    const findings = (status: 'open' | 'accepted' | 'resolved', now = NOON) =>
      store.read((db) => findingList(db, LOCAL, { status, limit: 100, now }));

    it('gives back the report it was given, to the last character', async () => {
      const report = lookOf({
        at: NOON,
        tcp: '22',
        hosts: { [HOST]: { 22: { service: { protocol: 'ssh', product: HOSTILE } } } },
        names: { [HOST]: ['host.example.org'] },
      });
      expect(await record(report)).toEqual({ stored: true, changes: 1 });
      expect(await store.read((db) => storedReport(db, LOCAL, report.scan.id))).toEqual(
        JSON.parse(JSON.stringify(report)),
      );
      const [interval] = await history(22);
      expect(interval?.service?.product).toBe(HOSTILE);
      expect(interval?.names).toEqual(['host.example.org']);
    });

    it('keeps text that no database takes readable: NUL and half a surrogate pair', async () => {
      const why = 'a\0b\ud800c';
      const report = lookOf({
        ...{ at: NOON, tcp: '22', vantage: why },
        hosts: { [HOST]: { 22: { severity: 'low' } } },
      });
      await record({
        ...report,
        scan: { ...report.scan, tool: why },
        findings: report.findings.map((one) => ({ ...one, why })),
      });
      const kept = 'a\ufffdb\ufffdc';
      expect(await findings('open')).toMatchObject([{ why: kept, vantage: kept }]);
      expect(await store.read((db) => latestScans(db, LOCAL, 1))).toMatchObject([{ tool: kept }]);
      expect(await history(22)).toMatchObject([{ vantage: kept }]);
    });

    it('stores a look once, however often it is given', async () => {
      const report = lookOf({ at: NOON, tcp: '22', hosts: { [HOST]: { 22: 'open' } } });
      await record(report);
      expect(await record(report)).toEqual({ stored: false, changes: 0 });
      expect(await kinds()).toEqual(['opened 22']);
    });

    it('closes at once on a refusal, and on silence only the second time', async () => {
      await look(0, { [HOST]: { 22: 'open', 80: 'open' } });
      await look(1, { [HOST]: { 22: 'closed', 80: 'open' } });
      await look(2, { [HOST]: { 22: 'closed', 80: 'filtered' } });
      expect((await history(80)).map((one) => [one.state, one.silences])).toEqual([['open', 1]]);
      await look(3, { [HOST]: { 22: 'closed', 80: 'filtered' } });
      expect((await history(22)).map((one) => one.state)).toEqual(['open', 'closed']);
      expect((await history(80)).map((one) => one.state)).toEqual(['open', 'filtered']);
      expect(await kinds()).toEqual(['opened 22', 'opened 80', 'closed 22', 'closed 80']);
    });

    it('leaves ports and hosts alone that a look did not cover', async () => {
      await look(0, { [HOST]: { 22: 'open', 80: 'open' } });
      for (const day of [1, 2, 3]) await look(day, { [HOST]: {} }, '443');
      for (const day of [4, 5, 6]) await look(day, { '192.0.2.8': {} });
      const part = { at: NOON + 7 * DAY, tcp: '22,80', targets: ['192.0.2.0/24'], hosts: {} };
      for (const hour of [0, 1, 2]) {
        const at = part.at + hour * 1000;
        await record(lookOf({ ...part, at, complete: false }));
        await record(lookOf({ ...part, at: at + 100, shard: '1/2' }));
        await record(lookOf({ ...part, at: at + 200, exclude: [HOST] }));
        await record(lookOf({ ...part, at: at + 300, exclude: ['name.example.org'] }));
        await record(lookOf({ ...part, at: at + 400, vantage: 'elsewhere' }));
      }
      expect((await history()).map((one) => [one.state, one.silences])).toEqual([
        ['open', 0],
        ['open', 0],
      ]);
      expect(await kinds()).toEqual(['opened 22', 'opened 80']);
    });

    it('takes a silent address of a block for silent', async () => {
      await look(0, { [HOST]: { 22: { severity: 'high' } } });
      const block = { tcp: '22', targets: ['192.0.2.0/24'], hosts: {} };
      await record(lookOf({ ...block, at: NOON + DAY }));
      expect(await findings('resolved')).toEqual([]);
      await record(lookOf({ ...block, at: NOON + 2 * DAY }));
      expect((await history(22)).map((one) => one.state)).toEqual(['open', 'filtered']);
      expect(await findings('resolved')).toHaveLength(1);
    });

    it('tells another service from a better or worse look at the same', async () => {
      const ssh = { protocol: 'ssh', product: 'OpenSSH', version: '9.2' };
      await look(0, {
        [HOST]: { 22: { service: { protocol: 'unknown', raw: { base64: '', text: '1' } } } },
      });
      await look(1, { [HOST]: { 22: { service: ssh } } });
      await look(2, { [HOST]: { 22: 'open' } });
      await look(3, {
        [HOST]: { 22: { service: { ...ssh, raw: { base64: '', text: 'nonce' } } } },
      });
      expect(await kinds()).toEqual(['opened 22']);
      await look(4, { [HOST]: { 22: { service: { ...ssh, version: '9.9' } } } });
      expect(await kinds()).toEqual(['opened 22', 'service 22']);
      expect((await history(22)).map((one) => one.service?.version)).toEqual(['9.2', '9.9']);
    });

    it('keeps the identity of a finding that comes back within 90 days, and no longer', async () => {
      const bad = { [HOST]: { 22: { severity: 'high' as const } } };
      await look(0, bad);
      const [first] = await findings('open');
      await look(1, { [HOST]: {} });
      expect((await findings('resolved')).map(({ id }) => id)).toEqual([first?.id]);
      await look(60, bad);
      expect(await findings('open')).toMatchObject([{ id: first?.id, reopened: 1 }]);
      await look(61, { [HOST]: {} });
      await look(61 + 91, bad);
      const [second] = await findings('open');
      expect(second?.id).not.toBe(first?.id);
      const events = await store.read((db) => findingEvents(db, LOCAL, first?.id ?? ''));
      expect(events.map((event) => event.kind)).toEqual([
        'opened',
        'resolved',
        'reopened',
        'resolved',
      ]);
      expect((await kinds()).slice(1)).toEqual([
        'closed 22',
        'reopened 22',
        'closed 22',
        'opened 22',
      ]);
    });

    it('ends an acceptance on its date, and not before', async () => {
      const bad = { [HOST]: { 22: { severity: 'high' as const } } };
      await look(0, bad);
      const finding = (await findings('open'))[0]?.id ?? '';
      const act = { facts: store.facts, tenant: LOCAL, finding, actor: 'ada', at: NOON + 1 };
      const until = NOON + 10 * DAY;
      expect(await store.write((tx) => acceptFinding(tx, act, { reason: 'known', until }))).toBe(
        true,
      );
      const worst = async () =>
        (await store.read((db) => assetPage(db, LOCAL, store.facts, { limit: 10 }))).assets[0]
          ?.severity;
      expect(await worst()).toBeUndefined();
      await store.write((tx) => assignFinding(tx, act, 'bob'));
      await store.write((tx) => commentFinding(tx, act, 'see ticket 7'));
      await look(5, bad);
      expect(await findings('accepted')).toMatchObject([
        { id: finding, assignee: 'bob', accepted: { reason: 'known', by: 'ada' } },
      ]);
      await endAllAcceptances(store, until - 1);
      expect(await findings('open')).toEqual([]);
      // nothing looked since: the date alone ends it
      expect((await findings('accepted', until + 1)).map(({ status }) => status)).toEqual(['open']);
      await endAllAcceptances(store, until);
      await endAllAcceptances(store, until + 1);
      expect(await findings('open')).toMatchObject([{ id: finding, assignee: 'bob' }]);
      expect(await worst()).toBe('high');
      const events = await store.read((db) => findingEvents(db, LOCAL, finding));
      expect(events.filter(({ kind: word }) => word === 'changed')).toEqual([
        { at: until, kind: 'changed', actor: null, detail: 'the acceptance has ended' },
      ]);
      await look(11, bad);
      expect(await findings('open')).toMatchObject([{ id: finding }]);
      expect(await worst()).toBe('high');
      const other = { ...act, finding: 'no-such-finding' };
      expect(await store.write((tx) => commentFinding(tx, other, 'x'))).toBe(false);
    });

    it('keeps what people decide of a finding while a look at it is recorded', async () => {
      await look(0, { [HOST]: { 22: { severity: 'high' } } });
      const id = (await findings('open'))[0]?.id ?? '';
      const other = await openStore(place);
      const act = { facts: other.facts, tenant: LOCAL, finding: id, actor: 'ada', at: NOON + 1 };
      let decided: Promise<unknown> | undefined;
      await store.write(async (tx) => {
        await store.facts.lockForRecording(tx, LOCAL);
        const rows = await tx.selectFrom('findings').selectAll().where('id', '=', id).execute();
        decided = other.write(async (tx2) => {
          await acceptFinding(tx2, act, { reason: 'known', until: NOON + 10 * DAY });
          await assignFinding(tx2, act, 'bob');
        });
        // it has to wait; one that does not is through by then
        await Promise.race([decided, sleep(300)]);
        await upsert(tx, store.facts, 'findings', rows);
      });
      await decided;
      await other.close();
      expect(await findings('accepted')).toMatchObject([{ id, assignee: 'bob' }]);
    });

    it('adds of a late look only what no later one covered', async () => {
      await look(5, { [HOST]: { 22: 'closed', 80: 'open' } });
      await look(1, { [HOST]: { 22: 'open', 80: 'closed', 443: 'open' } }, '22,80,443');
      expect((await history()).map(({ port, state }) => [port, state])).toEqual(
        [
          [443, 'open'],
          [80, 'open'],
        ].sort((a, b) => Number(a[0]) - Number(b[0])),
      );
    });

    it('asks every later look, however many, whether it covered a port', async () => {
      await look(1, { [HOST]: { 22: 'closed' } }, '22');
      for (let day = 2; day < 62; day++) await look(day, { [HOST]: { 80: 'open' } }, '80,443');
      await look(0, { [HOST]: { 22: 'open', 25: 'open', 443: 'open' } }, '22,25,443');
      expect((await history()).map(({ port }) => port)).toEqual([25, 80]);
    });

    it('takes the findings of a late look at ports that no later one covered', async () => {
      await look(5, { [HOST]: { 80: { severity: 'low' } } }, '80');
      const bad = { 22: { severity: 'high' }, 80: { severity: 'high' } } as const;
      await look(4, { [HOST]: bad });
      const open = async () =>
        (await findings('open')).map(({ port, severity, openedAt }) => [port, severity, openedAt]);
      expect(await open()).toEqual([
        [22, 'high', new Date(NOON + 4 * DAY).toISOString()],
        [80, 'low', new Date(NOON + 5 * DAY).toISOString()],
      ]);
      await look(3, { [HOST]: { 443: { severity: 'medium' } } }, '22,443');
      expect((await open()).map(([port]) => port)).toEqual([22, 443, 80]);
      expect(await store.snapshot(contradictionsIn)).toEqual([]);
    });

    it('pages hosts worst first, each once', async () => {
      const hosts = Object.fromEntries(
        Array.from({ length: 25 }, (_, index) => [
          `192.0.2.${index + 1}`,
          { 22: index % 3 === 0 ? { severity: 'high' as const } : ('open' as const) },
        ]),
      );
      await look(0, hosts);
      const seen: string[] = [];
      let after: Awaited<ReturnType<typeof assetPage>>['next'] = null;
      do {
        const cursor = after;
        const page: Awaited<ReturnType<typeof assetPage>> = await store.read((db) =>
          assetPage(db, LOCAL, store.facts, {
            limit: 4,
            ...(cursor === null ? {} : { after: cursor }),
          }),
        );
        seen.push(...page.assets.map(({ address }) => address));
        after = page.next;
      } while (after !== null);
      const last = (address: string) => Number(address.split('.')[3]);
      expect(seen.slice(0, 9).map((one) => (last(one) - 1) % 3)).toEqual(Array(9).fill(0));
      expect(new Set(seen).size).toBe(25);
      expect(seen.slice(9).map(last)).toEqual(
        seen
          .slice(9)
          .map(last)
          .sort((a, b) => a - b),
      );
      expect(await store.read((db) => overview(db, LOCAL, 0))).toEqual({
        hosts: 25,
        open: 25,
        hostsBySeverity: { info: 0, low: 0, medium: 0, high: 9, critical: 0 },
        openFindings: { info: 0, low: 0, medium: 0, high: 9, critical: 0 },
        changes: 25,
      });
    });

    it('finds looks by id, by the beginning of one, and the last that asked the same', async () => {
      const ids = ['aaaa0000-0000-4000-8000-000000000001', 'aaaa0000-0000-4000-8000-000000000002'];
      for (const [day, id] of ids.entries()) {
        await record(
          lookOf({ id, at: NOON + day * DAY, tcp: '22', hosts: { [HOST]: { 22: 'open' } } }),
        );
      }
      await record(lookOf({ at: NOON + 9 * DAY, tcp: '22', hosts: { '192.0.2.9': {} } }));
      const second = await store.read((db) => scanById(db, LOCAL, ids[1] ?? ''));
      expect(second).toMatchObject({ id: ids[1], hosts: 1, open: 1, source: 'scan' });
      expect(await store.read((db) => scanById(db, LOCAL, 'aaaa0000'))).toBeNull();
      if (second === null) throw new Error('not found');
      expect(await store.read((db) => comparableBefore(db, LOCAL, second))).toMatchObject({
        id: ids[0],
      });
      expect(await store.read((db) => latestScans(db, LOCAL, 2))).toHaveLength(2);
    });

    it('keeps tenants apart', async () => {
      await look(0, { [HOST]: { 22: 'open' } });
      const report = lookOf({ at: NOON, tcp: '22', hosts: { [HOST]: { 22: 'closed' } } });
      await recordLook(store, 'other', 'scan', report);
      expect(await store.read((db) => historyOf(db, 'other', { host: HOST }))).toEqual([]);
      expect(await history()).toHaveLength(1);
    });

    it('changes nothing when a step fails half way', async () => {
      const half = store.write(async (tx) => {
        await tx.insertInto('meta').values({ tenant: LOCAL, name: 'a', value: 'b' }).execute();
        throw new Error('half way');
      });
      await expect(half).rejects.toThrow('half way');
      expect(await store.read((db) => db.selectFrom('meta').selectAll().execute())).toEqual([]);
    });

    it('refuses a store of a later schema, and leaves it as it is', async () => {
      await store.write((tx) =>
        tx
          .insertInto('migrations')
          .values({ version: 999, name: 'later', applied_at: 0 })
          .execute(),
      );
      await expect(openStore(place)).rejects.toMatchObject({ code: 'STORE_NEWER' });
      const rows = await store.read((db) =>
        db.selectFrom('migrations').select('version').execute(),
      );
      const versions = rows.map(({ version }) => version).toSorted((a, b) => a - b);
      expect(versions).toEqual([...MIGRATIONS.map(({ version }) => version), 999]);
    });

    it('keeps all that was confirmed, whole, when its writer is killed at any moment', async () => {
      const target = await kind.newPlace();
      const survived = await killWhileRecording(target, join(folder, 'looks'), KILL_ROUNDS);
      expect(survived).toBe(KILL_ROUNDS);
    }, 600_000);

    it('takes the looks of two processes at once, each as if it were alone', async () => {
      const target = await kind.newPlace();
      const file = join(folder, 'both');
      await writeLooks(file, 15);
      const tenants = ['local', 'other', 'local'];
      const recorders = tenants.map((tenant) => startRecorder(target, file, 0, tenant));
      const codes = await Promise.all(recorders.map(({ child }) => once(child, 'close')));
      expect(codes.map(([code]) => code as number)).toEqual([0, 0, 0]);
      const both = await openStore(target);
      for (const tenant of ['local', 'other']) {
        const counts = await both.read((db) => overview(db, tenant, 0));
        expect(counts).toMatchObject({ hosts: HOSTS, open: 2 * HOSTS, changes: 16 * HOSTS });
      }
      await both.close();
    }, 120_000);

    it('goes into a backup and comes back, into this kind of store and into a file', async () => {
      await look(0, { [HOST]: { 22: { severity: 'high' } }, '192.0.2.8': { 80: 'open' } });
      await look(1, { [HOST]: { 22: 'closed' } });
      const file = join(folder, `backup-${kind.name}`);
      const rows = await backup(store, file, new Date(NOON));
      await expect(backup(store, file, new Date(NOON))).rejects.toMatchObject({
        code: 'BACKUP_FILE',
      });
      expect(existsSync(`${file}.part`)).toBe(false);
      for (const into of [await kind.newPlace(), { file: join(folder, `${kind.name}.db`) }]) {
        const other = await openStore(into);
        expect(await restore(other, file)).toBe(rows);
        const all = (one: Store) =>
          one.read(async (db) => [
            await historyOf(db, LOCAL, { host: HOST }),
            await findingList(db, LOCAL, { status: 'resolved', limit: 9, now: NOON }),
            await changesBetween(db, LOCAL, { after: 0, until: NOON * 2 }),
            (await latestScans(db, LOCAL, 1)).map(({ id }) => id),
          ]);
        expect(await all(other)).toEqual(await all(store));
        const id = (await other.read((db) => latestScans(db, LOCAL, 1)))[0]?.id ?? '';
        expect(await other.read((db) => storedReport(db, LOCAL, id))).toEqual(
          await store.read((db) => storedReport(db, LOCAL, id)),
        );
        await expect(restore(other, file)).rejects.toMatchObject({ code: 'RESTORE_NOT_EMPTY' });
        await other.close();
      }
      const cut = join(folder, 'cut');
      await writeFile(cut, (await readFile(file)).subarray(0, -40));
      const fresh = await openStore(await kind.newPlace());
      await expect(restore(fresh, cut)).rejects.toMatchObject({ code: 'BACKUP_FILE' });
      expect(await fresh.read((db) => latestScans(db, LOCAL, 1))).toEqual([]);
      await fresh.close();
    });

    it('opens several times at once on a new store, each whole', async () => {
      const empty = await kind.newPlace();
      const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(empty)));
      const made = stores.filter(({ migrated }) => migrated.from < migrated.to);
      expect(made).toHaveLength(1);
      const report = lookOf({ at: NOON, tcp: '22', hosts: { [HOST]: { 22: 'open' } } });
      const told = await Promise.all(stores.map((one) => recordLook(one, LOCAL, 'scan', report)));
      expect(told.filter(({ stored }) => stored)).toHaveLength(1);
      await Promise.all(stores.map((one) => one.close()));
    });
  });
}

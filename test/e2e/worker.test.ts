import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobProgress } from '../../src/contract/service/jobs.ts';
import { startJobs } from '../../src/jobs/start.ts';
import type { Loop } from '../../src/net/loop.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { upsert } from '../../src/store/bulk.ts';
import { queueCompactions } from '../../src/store/compact.ts';
import { LOCAL, type Store } from '../../src/store/open.ts';
import { addressesOfName } from '../../src/store/queries/asset-addresses.ts';
import { endTenant } from '../../src/store/queries/ended-tenants.ts';
import { grantByOperator, removeGrant } from '../../src/store/queries/grants.ts';
import { historyOf } from '../../src/store/queries/history.ts';
import { releaseWorker } from '../../src/store/queries/job-claims.ts';
import { cancelJob, enqueue, jobById, jobPage } from '../../src/store/queries/jobs.ts';
import { scanById, storedReport } from '../../src/store/queries/scans.ts';
import {
  setExclusions,
  setInstallationExclusions,
  setPolicy,
  setQuotas,
  setRetention,
} from '../../src/store/queries/settings.ts';
import { storeKinds } from '../conformity/store-kinds.ts';
import { PROGRAM, postern } from '../helpers/postern.ts';
import { person, testApi } from '../helpers/test-api.ts';
import { openTestStore, type TestStore } from '../helpers/test-store.ts';

/** Rounds of kill -9; POSTERN_KILL_ROUNDS=100 for more. */
const KILL_ROUNDS = Number(process.env['POSTERN_KILL_ROUNDS'] ?? 20);
/** After the third loss of its worker a job fails. */
const KILLS_A_JOB = 2;
const WITHIN_MS = 60_000;
const HOUR = 3_600_000;
/** Loopback addresses at which one server answers. */
const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];

/** Slow enough to be met half way twice, although a worker says only once a second how far it is. */
const slowlyAt = (port: number) => ({
  ...{ ports: `${port},1-300`, rate: 250, perHost: 250, identify: false },
});

let opened: TestStore;
let store: Store;
const servers: Server[] = [];

/** A server that answers at every loopback address; resolves to its port. */
async function listen(port = 0): Promise<number> {
  const server = createServer((socket) => socket.end('hello\r\n'));
  servers.push(server);
  server.listen(port, '0.0.0.0');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function until<T>(
  ask: () => Promise<T | null | undefined | false>,
  what: string,
): Promise<T> {
  const end = Date.now() + WITHIN_MS;
  for (;;) {
    const found = await ask();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await sleep(20);
  }
}

const job = (id: string) => store.read((db) => jobById(db, LOCAL, id));
const grant = (target: string, kind: 'name' | 'network') =>
  store.write((tx) => grantByOperator(tx, LOCAL, { target, kind, by: 'test', at: Date.now() }));
const order = async (targets: string[], scan: object = {}) => {
  const row = { id: randomUUID(), kind: 'scan', spec: { targets, groups: [], scan } } as const;
  await store.write((tx) => enqueue(tx, LOCAL, { ...row, by: 'test', now: Date.now() }));
  return row.id;
};

/** Runs one job to its end. */
const work = () => postern([...opened.flags, 'worker', '--once'], { env: opened.env });

function startWorker(name: string): ChildProcess {
  const args = [PROGRAM, ...opened.flags, 'worker', '--once', '--as', name];
  return spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, ...opened.env } });
}

describe.each(storeKinds())('on $name', (kind) => {
  let last: TestStore | undefined;
  beforeAll(() => kind.start());
  beforeEach(async () => {
    await last?.end();
    opened = await openTestStore(await kind.newPlace());
    last = opened;
    ({ store } = opened);
  });
  afterAll(async () => {
    for (const server of servers.splice(0)) server.close();
    await last?.end();
    await kind.stop();
  });

  describe('a worker', () => {
    let port: number;
    beforeAll(async () => {
      port = await listen();
    });
    const journalOf = (id: string) => join(opened.folder, 'jobs', `${id}.journal`);
    const slowly = () => slowlyAt(port);

    it('runs a job, keeps its look under the id of the job, and ends where there is none', async () => {
      await grant('127.0.0.0/8', 'network');
      const id = await order(['127.0.0.1'], { ports: `${port}` });
      expect(await work()).toMatchObject({ code: 0, stderr: '' });
      expect(await job(id)).toMatchObject({ status: 'done', problem: null, attempts: 1 });
      expect(await store.read((db) => scanById(db, LOCAL, id))).toMatchObject({ id, open: 1 });
      expect(existsSync(journalOf(id))).toBe(false);
      expect(await work()).toMatchObject({ code: 0, stderr: '' });
    });

    it('loses nothing when it is killed: the next one goes on, and stores the look once', async () => {
      await grant('127.0.0.0/8', 'network');
      let killed = 0;
      let resumed = 0;
      while (killed < KILL_ROUNDS) {
        const id = await order([...HOSTS], slowly());
        let begun = '';
        for (let kill = 0; kill < KILLS_A_JOB && killed < KILL_ROUNDS; kill += 1) {
          const name = `w${killed}`;
          const child = startWorker(name);
          const exit = once(child, 'exit');
          const told = await until(async () => {
            const row = await job(id);
            const progress = JSON.parse(row?.progress ?? 'null') as JobProgress | null;
            return row?.worker === name && existsSync(journalOf(id)) && (progress?.done ?? 0) > 0;
          }, 'a scan under way');
          expect(told).toBe(true);
          await sleep(Math.random() * 1000);
          child.kill('SIGKILL');
          await exit;
          killed += 1;
          if (existsSync(journalOf(id))) {
            const [header = '{}'] = (await readFile(journalOf(id), 'utf8')).split('\n', 1);
            const [, startedAt = ''] = /"startedAt":"([^"]+)"/.exec(header) ?? [];
            // the same journal all along
            if (begun !== '') expect(startedAt).toBe(begun);
            begun = startedAt;
          }
          await store.write((tx) => releaseWorker(tx, name, 'killed'));
        }
        expect(await work()).toMatchObject({ code: 0 });
        expect(await job(id)).toMatchObject({ status: 'done', problem: null });
        const report = await store.read((db) => storedReport(db, LOCAL, id));
        if (report?.scan.startedAt === begun) resumed += 1;
        expect(report?.scan).toMatchObject({ id, complete: true, stats: { hosts: HOSTS.length } });
        const found = report?.hosts.map(({ address, ports }) => [
          address,
          ports.map((one) => one.port),
        ]);
        expect(found?.toSorted()).toEqual(HOSTS.map((host) => [host, [port]]));
        expect(existsSync(journalOf(id))).toBe(false);
      }
      expect(resumed).toBe(Math.ceil(KILL_ROUNDS / KILLS_A_JOB));
      const scans = await store.read((db) => db.selectFrom('scans').select('id').execute());
      expect(scans).toHaveLength(resumed);
      expect(await store.read((db) => store.facts.faults(db))).toEqual([]);
    }, 900_000);

    it('gives its job back when it is told to stop, and the next one goes on', async () => {
      await grant('127.0.0.0/8', 'network');
      const id = await order([...HOSTS], slowly());
      const child = startWorker('first');
      const exit = once(child, 'exit');
      await until(async () => (await job(id))?.progress, 'a scan under way');
      child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
      expect(await job(id)).toMatchObject({ status: 'queued', attempts: 0, worker: null });
      expect(existsSync(journalOf(id))).toBe(true);
      expect(await store.read((db) => scanById(db, LOCAL, id))).toBeNull();
      await work();
      expect(await job(id)).toMatchObject({ status: 'done', attempts: 1 });
      expect(await store.read((db) => scanById(db, LOCAL, id))).toMatchObject({ open: 4 });
    });

    it('stops when somebody cancels', async () => {
      await grant('127.0.0.0/8', 'network');
      const id = await order([...HOSTS], slowly());
      const child = startWorker('first');
      const exit = once(child, 'exit');
      await until(async () => (await job(id))?.progress, 'a scan under way');
      const api = testApi(store, ROUTES);
      expect(await api.ask('POST', `/jobs/${id}/cancel`)).toMatchObject({
        status: 202,
        json: { status: 'running', stopping: true },
      });
      expect(await exit).toEqual([0, null]);
      expect(await job(id)).toMatchObject({ status: 'cancelled' });
      expect(existsSync(journalOf(id))).toBe(false);
    });

    it('scans nothing that is not granted, and tells so', async () => {
      const id = await order(['127.0.0.1'], { ports: `${port}` });
      await work();
      expect(await job(id)).toMatchObject({
        status: 'failed',
        problem: expect.stringMatching(/^TARGET_NOT_GRANTED: .*127\.0\.0\.1/),
      });
      const events = await store.read((db) => db.selectFrom('events').selectAll().execute());
      expect(events).toMatchObject([{ kind: 'job.failed', subject: id }]);
    });

    it('follows a granted name to no address inside', async () => {
      // stands in no zone: localhost is loopback by RFC 6761 §6.3
      await grant('host.localhost', 'name');
      const id = await order(['host.localhost'], { ports: `${port}` });
      await work();
      expect(await job(id)).toMatchObject({
        status: 'failed',
        problem: expect.stringMatching(/^TARGET_NOT_GRANTED: "host\.localhost".*127\.0\.0\.1/),
      });
      expect(await store.read((db) => scanById(db, LOCAL, id))).toBeNull();
      // where one of its addresses is granted as a network, that one is scanned
      await grant('127.0.0.1', 'network');
      const second = await order(['host.localhost'], { ports: `${port}` });
      await work();
      expect(await job(second)).toMatchObject({
        status: 'done',
        problem: expect.stringMatching(/^TARGET_NOT_GRANTED: .*::1/),
      });
      const report = await store.read((db) => storedReport(db, LOCAL, second));
      expect(report?.hosts.map(({ address }) => address)).toEqual(['127.0.0.1']);
    });

    it('takes away what jobs left behind that ended without it', async () => {
      const folder = join(opened.folder, 'jobs');
      await mkdir(folder);
      const waiting = randomUUID();
      const row = {
        id: waiting,
        kind: 'scan',
        spec: {},
        by: 'test',
        now: Date.now() + HOUR,
      } as const;
      await store.write((tx) => enqueue(tx, LOCAL, row));
      const [old, young] = [randomUUID(), randomUUID()];
      const long = new Date(Date.now() - 48 * HOUR);
      for (const id of [waiting, old, young]) await writeFile(journalOf(id), '');
      for (const id of [waiting, old]) await utimes(journalOf(id), long, long);
      expect(await work()).toMatchObject({ code: 0 });
      expect([waiting, old, young].map((id) => existsSync(journalOf(id)))).toEqual([
        true,
        false,
        true,
      ]);
    });

    it('judges by the policy of the tenant, and leaves alone what it excludes', async () => {
      await grant('127.0.0.0/8', 'network');
      await store.write(async (tx) => {
        await setPolicy(tx, LOCAL, 'version: 1\nrules:\n  - hosts: ["*"]\n    only: true\n');
        await setExclusions(tx, LOCAL, ['127.0.0.2']);
        await setInstallationExclusions(tx, LOCAL, ['127.0.0.3']);
      });
      const id = await order([...HOSTS], { ports: `${port}`, exclude: ['127.0.0.4'] });
      await work();
      expect(await job(id)).toMatchObject({ status: 'done', problem: null });
      const report = await store.read((db) => storedReport(db, LOCAL, id));
      expect(report?.hosts.map(({ address }) => address)).toEqual(['127.0.0.1']);
      expect(report?.findings.map(({ address }) => address)).toEqual(['127.0.0.1']);
    });

    it('leaves alone what is excluded while its job waits half done', async () => {
      await grant('127.0.0.0/8', 'network');
      await store.write((tx) => setExclusions(tx, LOCAL, ['127.0.0.2']));
      const id = await order([...HOSTS], slowly());
      const stopHalfWay = async (name: string) => {
        const child = startWorker(name);
        const exit = once(child, 'exit');
        await until(async () => {
          const row = await job(id);
          return row?.worker === name && row.progress;
        }, 'a scan under way');
        child.kill('SIGTERM');
        await exit;
        return readFile(journalOf(id), 'utf8').then((text) => text.split('\n', 1)[0]);
      };
      const begun = await stopHalfWay('first');
      // nothing was excluded meanwhile: it goes on
      expect(await stopHalfWay('second')).toBe(begun);
      await store.write((tx) => setInstallationExclusions(tx, LOCAL, ['127.0.0.3']));
      await work();
      expect(await job(id)).toMatchObject({ status: 'done', problem: null });
      const report = await store.read((db) => storedReport(db, LOCAL, id));
      expect(report?.hosts.map(({ address }) => address).toSorted()).toEqual([HOSTS[0], HOSTS[3]]);
    });

    it('scans no more addresses than the tenant may', async () => {
      await grant('127.0.0.0/8', 'network');
      await store.write((tx) => setQuotas(tx, LOCAL, { addressesPerScan: 4 }));
      const many = await order(['127.0.0.0/29', '127.0.0.1'], { ports: `${port}` });
      const few = await order(['127.0.0.0/30', '127.0.0.1'], { ports: `${port}` });
      await work();
      await work();
      expect(await job(many)).toMatchObject({
        status: 'failed',
        problem: expect.stringMatching(/^QUOTA: no more than 4 addresses.*8 more/),
      });
      expect(await store.read((db) => scanById(db, LOCAL, many))).toBeNull();
      expect(await job(few)).toMatchObject({ status: 'done', problem: null });
    });

    it('compacts what a tenant need not keep', async () => {
      const long = Date.now() - 400 * 24 * HOUR;
      const event = (tenant: string) => ({
        ...({
          tenant,
          id: randomUUID(),
          at: long,
          kind: 'address.joined',
          subject: 'host',
        } as const),
        ...{ batch: '', detail: '{}' },
      });
      await store.write(async (tx) => {
        await upsert(tx, store.facts, 'events', [event(LOCAL), event('other')]);
        await setRetention(tx, 'other', { events: null });
      });
      expect(await queueCompactions(store, Date.now())).toBe(2);
      expect(await work()).toMatchObject({ code: 0, stderr: '' });
      expect(await work()).toMatchObject({ code: 0, stderr: '' });
      const rows = await store.read((db) =>
        db.selectFrom('jobs').select(['tenant', 'kind', 'status', 'problem']).execute(),
      );
      const compacted = { kind: 'compact', status: 'done', problem: null };
      expect(rows.toSorted((a, b) => a.tenant.localeCompare(b.tenant))).toEqual([
        { tenant: LOCAL, ...compacted },
        { tenant: 'other', ...compacted },
      ]);
      const left = () => store.read((db) => db.selectFrom('events').select('tenant').execute());
      expect(await left()).toEqual([{ tenant: 'other' }]);
      const end = { by: 'user:1', now: Date.now() };
      await store.write((tx) => endTenant(tx, 'other', end));
      expect(await work()).toMatchObject({ code: 0, stderr: '' });
      expect(await left()).toEqual([]);
    });
  });

  describe('a server that runs jobs', () => {
    let loop: Loop;
    const faults: unknown[] = [];
    const start = (namesEveryMs?: number) => {
      loop = startJobs({
        ...{ store, workers: 2, now: Date.now, onFault: (error) => faults.push(error) },
        command: [process.execPath, PROGRAM, ...opened.flags],
        env: { PATH: process.env['PATH'], ...opened.env },
        ...(namesEveryMs === undefined ? {} : { namesEveryMs }),
      });
      return loop;
    };
    const wakeJobs = () => loop.wake();

    /** A worker that claims a job for so long (ms), and then does this with `store`, `worker` and `job`. */
    const claimAnd = (leaseMs: number, then: string) => {
      const place = (file: string) =>
        JSON.stringify(new URL(`../../dist/store/${file}.js`, import.meta.url).href);
      return [
        `import { openStore } from ${place('open')};`,
        `import { claimJob } from ${place('queries/job-claims')};`,
        `import { endJob } from ${place('queries/jobs')};`,
        `const worker = process.argv.at(-1);`,
        `const store = await openStore(${JSON.stringify(opened.place)});`,
        `const claimant = { worker, now: Date.now(), leaseMs: ${leaseMs} };`,
        `const job = await store.write((tx) => claimJob(tx, store.facts, claimant));`,
        then,
      ].join('\n');
    };

    it('scans by a schedule that the API made, and sees what changed', async () => {
      await grant('127.0.0.0/8', 'network');
      const port = await listen();
      let now = Date.now() - HOUR;
      start();
      try {
        const api = testApi(store, ROUTES, { now: () => now, wakeJobs });
        const spec = { every: '1h', targets: ['127.0.0.1'], scan: { ports: `${port}` } };
        const made = await api.ask('POST', '/schedules', { body: { name: 'hourly', spec } });
        expect(made).toMatchObject({ status: 201, json: { enabled: true } });
        const { id } = made.json as { id: string };
        const history = async (state: string) => {
          const rows = await store.read((db) => historyOf(db, LOCAL, { host: '127.0.0.1', port }));
          return rows.some((row) => row.state === state && row.endedAt === undefined);
        };
        await until(() => history('open'), 'the open port in history');
        const ended = async () => {
          const page = await api.ask('GET', `/jobs?schedule=${id}`);
          const { items } = page.json as { items: { status: string }[] };
          return items.every(({ status }) => status === 'done') ? items : null;
        };
        expect(await until(ended, 'the end of the job')).toHaveLength(1);
        servers.pop()?.close();
        now = Date.now();
        expect(await api.ask('POST', `/schedules/${id}/run`)).toMatchObject({ status: 202 });
        await until(() => history('closed'), 'the closed port in history');
        expect(await until(ended, 'the end of the job')).toHaveLength(2);
        expect(faults).toEqual([]);
      } finally {
        await loop.stop();
      }
    }, 120_000);

    it('goes on after a restart, and ends workers when it stops', async () => {
      await grant('127.0.0.0/8', 'network');
      const port = await listen();
      const id = await order([...HOSTS], slowlyAt(port));
      start();
      await until(async () => (await job(id))?.progress, 'a scan under way');
      await loop.stop();
      expect(await job(id)).toMatchObject({ status: 'queued', worker: null });
      start();
      try {
        await until(async () => (await job(id))?.status === 'done', 'the end of the job');
        expect(await job(id)).toMatchObject({ attempts: 1 });
      } finally {
        await loop.stop();
      }
    }, 120_000);

    it('survives workers that die, notes their last words, and fails what kills them', async () => {
      const id = await order(['127.0.0.1']);
      // a NUL is nothing that PostgreSQL keeps
      const crash = `process.stderr.write('out of\\0luck'); process.exit(7)`;
      const seen: unknown[] = [];
      const own = startJobs({
        ...{ store, workers: 1, now: Date.now, onFault: (error) => seen.push(error) },
        command: [process.execPath, '--input-type=module', '-e', claimAnd(60_000, crash)],
        env: { PATH: process.env['PATH'] },
      });
      try {
        const failed = await until(async () => {
          const row = await job(id);
          return row?.status === 'failed' ? row : null;
        }, 'the failure');
        expect(failed).toMatchObject({
          attempts: 3,
          problem: expect.stringMatching(/^JOB_LOST: .*exit code 7: out of\ufffdluck/),
        });
        expect(String(seen[0])).toContain('out of\ufffdluck');
      } finally {
        await own.stop();
      }
    }, 120_000);

    it('kills a worker that hangs, and gives its place and its job to another', async () => {
      const id = await order(['127.0.0.1']);
      const hangOnce = [
        `while (job.attempts === 1);`,
        `const ending = { status: 'done', now: Date.now(), problem: null };`,
        `await store.write((tx) => endJob(tx, { ...job, worker }, ending));`,
        `await store.close();`,
      ].join('\n');
      const seen: unknown[] = [];
      const own = startJobs({
        ...{ store, workers: 1, now: Date.now, onFault: (error) => seen.push(error) },
        command: [process.execPath, '--input-type=module', '-e', claimAnd(500, hangOnce)],
        env: { PATH: process.env['PATH'] },
        hungMs: 5000,
      });
      try {
        await until(async () => (await job(id))?.status === 'done', 'the end of the job');
        expect(await job(id)).toMatchObject({ attempts: 2 });
        expect(seen.map(String)).toEqual([expect.stringContaining('killed by SIGKILL')]);
      } finally {
        await own.stop();
      }
    }, 120_000);

    it('resolves names among assets soon after they are added', async () => {
      start();
      try {
        const api = testApi(store, ROUTES, { wakeJobs });
        const made = await api.ask('POST', '/assets', { body: { target: 'A.Localhost.' } });
        expect(made).toMatchObject({ status: 201, json: { target: 'a.localhost', kind: 'name' } });
        const rows = await until(async () => {
          const found = await store.read((db) => addressesOfName(db, LOCAL, 'a.localhost'));
          return found.length > 0 ? found : null;
        }, 'addresses');
        expect(rows.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
        const { id } = made.json as { id: string };
        expect(await api.ask('GET', `/assets/${id}/addresses`)).toMatchObject({
          json: { items: [{ address: '127.0.0.1', leftAt: null }, { address: '::1' }] },
        });
      } finally {
        await loop.stop();
      }
    }, 120_000);
  });

  it('serves a tenant its own schedules and jobs only', async () => {
    await grant('127.0.0.0/8', 'network');
    const api = testApi(store, ROUTES);
    const spec = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', targets: ['127.0.0.1'] };
    const made = await api.ask('POST', '/schedules', { body: { name: 'nightly', spec } });
    const { id } = made.json as { id: string };
    expect(await api.ask('GET', `/schedules/${id}/next?count=3`)).toMatchObject({
      status: 200,
      json: { runs: [expect.any(String), expect.any(String), expect.any(String)] },
    });
    const caller = person('admin', 'other');
    for (const [method, path] of [
      ['GET', `/schedules/${id}`],
      ['GET', `/schedules/${id}/next`],
      ['POST', `/schedules/${id}/run`],
      ['DELETE', `/schedules/${id}`],
    ] as const) {
      expect(await api.ask(method, path, { caller })).toMatchObject({ status: 404 });
    }
    const body = { targets: ['127.0.0.1'] };
    expect(await api.ask('POST', '/scans', { caller, body })).toMatchObject({
      status: 403,
      json: { error: { code: 'TARGET_NOT_GRANTED' } },
    });
    const queued = await api.ask('POST', '/scans', { body });
    expect(queued).toMatchObject({ status: 202, json: { status: 'queued', progress: null } });
    const other = (queued.json as { id: string }).id;
    expect(await api.ask('GET', `/jobs/${other}`, { caller })).toMatchObject({ status: 404 });
    expect(await api.ask('POST', `/jobs/${other}/cancel`, { caller })).toMatchObject({
      status: 404,
    });
    for (const target of ['@/etc/passwd', '-', '10.0.0.0/99', 'no host']) {
      expect(await api.ask('POST', '/scans', { body: { targets: [target] } })).toMatchObject({
        status: 422,
        json: { error: { code: 'TARGET_SYNTAX' } },
      });
    }
  });

  it('has its schedules on the command line too', async () => {
    const run = (...args: string[]) => postern([...args, ...opened.flags], { env: opened.env });
    const target = '192.0.2.0/30';
    const add = ['schedule', 'add', target, '--name', 'lab', '--every', '6h', '-p', '22'];
    expect(await run(...add, '--blackout', 'mon,fri 08:00-18:00')).toMatchObject({ code: 0 });
    // nobody else set this store up: who schedules there has granted it
    const grants = await store.read((db) => db.selectFrom('grants').selectAll().execute());
    expect(grants).toMatchObject([
      { tenant: LOCAL, target, method: 'operator', status: 'granted', created_by: 'cli' },
    ]);
    const deeds = async () => {
      const log = await store.read((db) => db.selectFrom('audit_log').selectAll().execute());
      expect(new Set(log.map(({ actor }) => actor))).toEqual(new Set(['cli']));
      return log.map(({ action, subject }) => `${action} ${subject}`).toSorted();
    };
    expect(await deeds()).toEqual([`grant.give ${target}`, 'schedule.add lab']);
    const list = await run('schedule', 'list', '--json');
    const { schedules } = JSON.parse(list.stdout) as { schedules: object[] };
    expect(schedules).toMatchObject([
      {
        name: 'lab',
        spec: {
          ...{ every: '6h', targets: [target], scan: { ports: '22' } },
          blackouts: [{ from: '08:00', to: '18:00', days: ['mon', 'fri'] }],
        },
      },
    ]);
    expect(await run('schedule', 'run', 'lab', '--now')).toMatchObject({ code: 0 });
    expect(await run('schedule', 'run', 'lab', '--now')).toMatchObject({ code: 2 });
    expect(await run('schedule', 'run', 'other', '--now')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('API_NOT_FOUND'),
    });
    for (const { id } of grants) await store.write((tx) => removeGrant(tx, LOCAL, id));
    const jobs = await store.read((db) => jobPage(db, LOCAL, { limit: 1 }));
    await store.write((tx) => cancelJob(tx, LOCAL, jobs[0]?.id ?? '', Date.now()));
    // what somebody took away afterwards stays away
    expect(await run('schedule', 'run', 'lab', '--now')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('TARGET_NOT_GRANTED'),
    });
    const bad = ['schedule', 'add', target, '--name', 'bad'];
    for (const [part, ...more] of [
      ['time of the schedule: "bad" cannot be used (exactly one of --cron, --every and --priority'],
      ['every of the schedule: "1s"', '--every', '1s'],
      ['cron of the schedule: "61 * * * *"', '--cron', '61 * * * *'],
      ['blackouts.0.from of the schedule: "x"', '--every', '1h', '--blackout', 'x'],
    ]) {
      expect(await run(...bad, ...more)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`SCHEDULE_INVALID: ${part}`),
      });
    }
    expect(await run('schedule', 'remove', 'lab')).toMatchObject({ code: 0 });
    const lab = jobs[0]?.schedule;
    // what was refused is not there
    expect(await deeds()).toEqual([
      `grant.give ${target}`,
      'schedule.add lab',
      `schedule.remove ${lab}`,
      `schedule.run ${lab}`,
    ]);
    expect(await run('schedule', 'list')).toMatchObject({ stdout: 'There are no schedules.\n' });
  });
});

/**
 * The store with a million intervals of 100,000 hosts, in an SQLite file and in a PostgreSQL of our
 * own: the questions of the first pages, and how long a scan of 10,000 hosts takes to be stored.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { backup } from '../src/store/backup.ts';
import { LOCAL, openStore, type Place, type Store } from '../src/store/open.ts';
import { positionOf } from '../src/store/position.ts';
import { assetPage } from '../src/store/queries/assets.ts';
import { changesBetween } from '../src/store/queries/changes.ts';
import { findingList } from '../src/store/queries/findings.ts';
import { historyOf } from '../src/store/queries/history.ts';
import { overview } from '../src/store/queries/overview.ts';
import { recordLook } from '../src/store/record.ts';
import { lookOf } from '../test/helpers/stored-looks.ts';
import { hasPostgres, startPostgres } from '../test/lab/postgres.ts';
import { median, row } from './figures.ts';
import { address, DAY, fill, HOSTS, NOW } from './store-maker.ts';

const ROUNDS = 31;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Seconds, and those of this process on a processor: other work on the machine lengthens only the first. */
async function spent(work: () => Promise<unknown>): Promise<string> {
  const before = process.cpuUsage();
  const seconds = (await timed(work)) / 1000;
  const { user, system } = process.cpuUsage(before);
  return `${seconds.toFixed(2)} s (${((user + system) / 1e6).toFixed(2)} s of CPU)`;
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await timed(work));
  return median(times);
}

/** Hosts that the store knows, port 22 closed on every tenth, and 3306 new on every tenth. */
function scanOf10000(at: number) {
  const hosts = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => {
      const service = { protocol: 'ssh', product: 'OpenSSH', version: '9.2p1' };
      const ssh = index % 10 === 0 ? ('closed' as const) : { service };
      return [
        address(index * 10),
        { 22: ssh, 80: { severity: 'low' as const }, 443: 'open' as const },
      ];
    }),
  );
  return lookOf({ at, tcp: '22,80,443', hosts });
}

async function measure(name: string, place: Place, folder: string): Promise<void> {
  const store = await openStore(place);
  const filled = await timed(() => fill(store));
  const week = { after: NOW - 7 * DAY, until: NOW };
  const cursor = {
    severity: 0,
    open: 5,
    position: positionOf(address(HOSTS >> 1)),
    vantage: 'here',
  };
  const ask = (work: Parameters<Store['read']>[0]) => medianOf(() => store.read(work));
  const list = { status: 'open', limit: 50, now: NOW } as const;
  const questions: readonly (readonly [string, number])[] = [
    ['asset page, first', await ask((db) => assetPage(db, LOCAL, store.facts, { limit: 50 }))],
    [
      'asset page, deep',
      await ask((db) => assetPage(db, LOCAL, store.facts, { limit: 50, after: cursor })),
    ],
    ['findings list', await ask((db) => findingList(db, LOCAL, list))],
    [
      'changes of a week, first 500',
      await ask((db) => changesBetween(db, LOCAL, { ...week, limit: 500 })),
    ],
    ['overview counts', await ask((db) => overview(db, LOCAL, week.after))],
    ['history of a host', await ask((db) => historyOf(db, LOCAL, { host: address(777) }))],
  ];
  for (const [question, ms] of questions)
    console.log(row(name, question, `${ms.toFixed(1)} ms`, '< 50 ms'));
  const fresh = await spent(() => recordLook(store, 'new', 'scan', scanOf10000(NOW + DAY)));
  const known = await spent(() => recordLook(store, LOCAL, 'scan', scanOf10000(NOW + DAY)));
  console.log(row(name, 'scan of 10,000 hosts, all new', fresh, '< 5 s'));
  console.log(row(name, 'the same into the million', known, '< 5 s'));
  const saved = await timed(() => backup(store, join(folder, name), new Date(NOW)));
  console.log(row(name, 'backup of all', `${(saved / 1000).toFixed(1)} s`, ''));
  console.log(row(name, 'filled', `${(filled / 1000).toFixed(0)} s`, ''));
  await store.close();
}

/** What it costs that a confirmed look is on the disk: small looks, one after the other. */
async function durability(folder: string): Promise<void> {
  for (const mode of ['normal', 'full']) {
    const store = await openStore({ file: join(folder, `${mode}.db`) });
    await store.read((db) => sql.raw(`pragma synchronous = ${mode}`).execute(db));
    const times: number[] = [];
    for (let at = 1; at <= 100; at++) {
      const look = lookOf({ at: NOW + at, tcp: '22', hosts: { '10.0.0.1': { 22: 'open' } } });
      times.push(await timed(() => recordLook(store, LOCAL, 'scan', look)));
    }
    console.log(
      row('SQLite', `scan of one host, synchronous=${mode}`, `${median(times).toFixed(2)} ms`, ''),
    );
    await store.close();
  }
}

const given = process.argv.slice(2);
const parts = given.length > 0 ? given : ['sqlite', 'postgres'];
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-store-'));
try {
  console.log(row('store', 'what', 'median', 'aim'));
  console.log(row('---', '---', '---', '---'));
  if (parts.includes('sqlite')) {
    await measure('SQLite', { file: join(folder, 'postern.db') }, folder);
    await durability(folder);
  }
  if (parts.includes('postgres') && hasPostgres()) {
    const postgres = await startPostgres();
    try {
      await measure('PostgreSQL', { url: await postgres.newDatabase() }, folder);
    } finally {
      await postgres.stop();
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { addDefaultRules } from '../../src/alerts/defaults.ts';
import type { Alert } from '../../src/notify/message.ts';
import { LOCAL, openStore, type Place, type Store } from '../../src/store/open.ts';
import { type Receiver, receiver } from '../helpers/notify-peers.ts';
import { lookId } from '../helpers/numbered-looks.ts';
import { lookOf } from '../helpers/stored-looks.ts';

const LOOP = fileURLToPath(new URL('../helpers/alerts-loop.js', import.meta.url));
const START = Date.UTC(2026, 0, 1);
/** Looks that one round may record before it is killed, by a machine that is busy. */
const LOOKS_A_ROUND = 50;
/** What a server held that was killed comes again soon. */
const LEASE_MS = 10_000;
/** Where none is killed, nobody is given up. */
const LONG_LEASE_MS = 120_000;
const TOLD_WITHIN_MS = 120_000;

/** Look `number` finds a bad door on a host of its own, and that of the look before shut. */
async function writeLooks(file: string, count: number): Promise<void> {
  const looks = Array.from({ length: count }, (_, number) =>
    lookOf({
      id: lookId(number),
      at: START + number * 60_000,
      tcp: '22',
      hosts: {
        [hostOf(number)]: { 22: { severity: 'high' } },
        ...(number === 0 ? {} : { [hostOf(number - 1)]: {} }),
      },
    }),
  );
  await writeFile(file, looks.map((look) => JSON.stringify(look)).join('\n'));
}

function hostOf(number: number): string {
  return `10.64.${number >> 8}.${number & 255}`;
}

interface Server {
  readonly child: ChildProcess;
  confirmed(): number;
  /** Resolves when it has confirmed a look, or has ended. */
  readonly began: Promise<unknown>;
}

interface About {
  readonly place: Place;
  readonly file: string;
  readonly first: number;
  readonly url: string;
  readonly leaseMs: number;
}

function start({ place, file, first, url, leaseMs }: About): Server {
  const args = [LOOP, JSON.stringify(place), file, String(first), url, String(leaseMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return {
    child,
    confirmed: () => Number(said.split('\n').slice(0, -1).at(-1) ?? -1),
    began: Promise.race([once(child.stdout, 'data'), once(child, 'exit')]),
  };
}

/** Kills a server at a moment by chance, `rounds` times; resolves to the rounds. */
export async function killWhileAlerting(place: Place, rounds: number): Promise<number> {
  return withLooks(place, rounds * LOOKS_A_ROUND, async (file, hook) => {
    const about = { place, url: hook.url, leaseMs: LEASE_MS };
    let next = 0;
    for (let round = 0; round < rounds; round++) {
      if (next >= rounds * LOOKS_A_ROUND) throw new Error(`no look is left for round ${round}`);
      const server = start({ ...about, file, first: next });
      await server.began;
      await sleep(Math.random() * 400);
      await killed(server, 'SIGKILL');
      next = Math.max(next, server.confirmed() + 1);
    }
    const looks = await settledBy([start({ ...about, file: '-', first: 0 })], place);
    expect(looks).toBeGreaterThanOrEqual(next);
    // of each kill the messages that were under way may have come again, each with its own id
    const again = toldOnce(hook, looks);
    expect(again).toBeLessThanOrEqual(2 * rounds);
    return rounds;
  });
}

/** Two servers that send, beside one that also records: all is told; resolves to what came again. */
export async function tellWithTwo(place: Place): Promise<number> {
  const count = 60;
  return withLooks(place, count, async (file, hook) => {
    const about = { place, url: hook.url, leaseMs: LONG_LEASE_MS };
    const servers = [file, '-', '-'].map((one) => start({ ...about, file: one, first: 0 }));
    await settledBy(servers, place, count);
    return toldOnce(hook, count);
  });
}

/** The store has the rules that come with the first channel: before them nobody is told. */
async function withLooks<T>(
  place: Place,
  count: number,
  work: (file: string, hook: Receiver) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-alerts-'));
  const hook = await receiver();
  const store = await openStore(place);
  const means = { now: START, newId: randomUUID };
  await store.write((tx) => addDefaultRules(tx, LOCAL, means));
  await store.close();
  try {
    const file = join(folder, 'looks');
    await writeLooks(file, count);
    return await work(file, hook);
  } finally {
    await hook.close();
    await rm(folder, { recursive: true });
  }
}

async function killed({ child }: Server, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

/** Stops the servers once all is told, or was not in time. */
async function settledBy(servers: readonly Server[], place: Place, looks = 0): Promise<number> {
  try {
    return await settled(place, looks);
  } finally {
    await Promise.all(servers.map((server) => killed(server, 'SIGTERM')));
  }
}

/** Waits until all is told of at least `looks` looks; resolves to how many there are. */
async function settled(place: Place, looks: number): Promise<number> {
  const store = await openStore(place);
  try {
    const until = Date.now() + TOLD_WITHIN_MS;
    for (;;) {
      const { scans, left } = await stateOf(store);
      if (scans >= looks && left.length === 0) return scans;
      if (Date.now() > until) throw new Error(`${scans} looks, not told: ${left.join(', ')}`);
      await sleep(100);
    }
  } finally {
    await store.close();
  }
}

/** How many looks there are, and what is not told of them. */
async function stateOf(store: Store) {
  return store.read(async (db) => {
    // first: what is recorded later is not asked for
    const { scans } = await db
      .selectFrom('scans')
      .select((eb) => eb.fn.countAll<number>().as('scans'))
      .executeTakeFirstOrThrow();
    const events = await db.selectFrom('events').select('kind').execute();
    const unsent = await db
      .selectFrom('outbox')
      .select(['status', 'attempts', 'problem'])
      .where('status', '!=', 'sent')
      .execute();
    const messages = unsent.map(
      ({ status, attempts, problem }) => `${status} after ${attempts} tries: ${problem}`,
    );
    return { scans, left: [...events.map(({ kind }) => kind), ...messages] };
  });
}

/** Every look was told, each opening and end under one id; resolves to how many came again. */
function toldOnce({ received }: Receiver, looks: number): number {
  const alerts = received.map(({ body }) => JSON.parse(body) as Alert);
  const ids = new Map<string, Set<string>>();
  for (const { id, kind, host } of alerts) {
    const key = `${kind} ${host}`;
    ids.set(key, (ids.get(key) ?? new Set()).add(id));
  }
  const numbers = Array.from({ length: looks }, (_, number) => number);
  const wanted = [
    ...numbers.map((number) => `incident ${hostOf(number)}`),
    ...numbers.slice(1).map((number) => `resolved ${hostOf(number - 1)}`),
  ];
  expect([...ids.keys()].sort()).toEqual(wanted.sort());
  expect([...ids].filter(([, of]) => of.size !== 1)).toEqual([]);
  return alerts.length - ids.size;
}

/**
 * The server over a million intervals of 100,000 hosts: 1,000 requests of reads a second, as they
 * come whether or not the ones before were answered. `npm run bench:serve -- SECONDS [sqlite|postgres]`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, type Place } from '../src/store/open.ts';
import { hasPostgres, startPostgres } from '../test/lab/postgres.ts';
import { plainEnvironment, row } from './figures.ts';
import { address, fill, HOSTS } from './store-maker.ts';

const RATE = 1000;
/** Between two bursts of requests: timers are no finer. */
const TICK_MS = 5;
const CONNECTIONS = 64;
const IDLE_MS = 3000;
const PROGRAM = new URL('../../bench-program/serve-run.js', import.meta.url);
const key = randomUUID();

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Milliseconds count from when it was due. */
function ask(
  url: string,
  due = performance.now(),
  headers: IncomingHttpHeaders = { authorization: `Bearer ${key}` },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.once('error', reject);
      answer.once('end', () => {
        const text = Buffer.concat(pieces).toString();
        resolve({ status: answer.statusCode ?? 0, text, ms: performance.now() - due });
      });
    });
    asked.once('error', reject);
    asked.end();
  });
}

/** What people and programs read, in turn; lists go on from page to page. */
class Mix {
  #count = 0;
  readonly #next = new Map<string, string>();

  /** The path of the next request, and what to do with its answer. */
  next(): { readonly name: string; readonly path: string; readonly list: string | null } {
    const turn = this.#count++;
    const host = address((turn * 7919) % HOSTS);
    const kinds = [
      () => ({ name: 'hosts', path: this.#page('/hosts?limit=50'), list: '/hosts?limit=50' }),
      () => ({ name: 'one host', path: `/hosts/${host}`, list: null }),
      () => {
        const list = '/findings?limit=50';
        return { name: 'findings', path: this.#page(list), list };
      },
      () => ({ name: 'changes', path: this.#page('/changes?limit=50'), list: '/changes?limit=50' }),
      () => ({ name: 'overview', path: '/overview', list: null }),
    ];
    return (kinds[turn % kinds.length] ?? kinds[0])?.() ?? { name: '', path: '/', list: null };
  }

  met(list: string, text: string): void {
    const { next } = JSON.parse(text) as { next: string | null };
    this.#next.set(list, next ?? '');
  }

  #page(list: string): string {
    const next = this.#next.get(list) ?? '';
    return next === '' ? list : `${list}&cursor=${next}`;
  }
}

interface Load {
  readonly times: Map<string, number[]>;
  readonly errors: string[];
}

async function load(base: string, seconds: number): Promise<Load> {
  const mix = new Mix();
  const result: Load = { times: new Map(), errors: [] };
  const waiting = new Set<Promise<void>>();
  const begun = performance.now();
  const one = async (due: number): Promise<void> => {
    const { name, path, list } = mix.next();
    try {
      const { status, text, ms } = await ask(`${base}/api/v1${path}`, due);
      if (status !== 200) result.errors.push(`${status} ${path} ${text.slice(0, 200)}`);
      else if (list !== null) mix.met(list, text);
      const times = result.times.get(name) ?? [];
      times.push(ms);
      result.times.set(name, times);
    } catch (error) {
      result.errors.push(`${path}: ${String(error)}`);
    }
  };
  for (let sent = 0; sent < RATE * seconds; ) {
    const now = performance.now() - begun;
    for (; sent < Math.min((now / 1000) * RATE, RATE * seconds); sent++) {
      const asked = one(begun + (sent / RATE) * 1000).finally(() => waiting.delete(asked));
      waiting.add(asked);
    }
    await sleep(TICK_MS);
  }
  await Promise.all(waiting);
  return result;
}

/** A figure of `/metrics`; the longest block is since it was read last. */
async function figures(base: string) {
  const { text } = await ask(`${base}/metrics`, performance.now(), {});
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    megabytes: value('process_resident_memory_bytes') / 1e6,
    blockMs: value('nodejs_eventloop_lag_max_seconds') * 1000,
    cpuSeconds: value('process_cpu_seconds_total'),
  };
}

async function startServer(place: Place): Promise<{ child: ChildProcess; base: string }> {
  const where = 'url' in place ? place.url : place.file;
  const child = spawn(process.execPath, [PROGRAM.pathname], {
    env: { ...plainEnvironment(), BENCH_KEY: key, BENCH_PLACE: where },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, base: line.toString().trim() };
}

function quantile(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `${(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(1)} ms`;
}

async function measure(name: string, place: Place, seconds: number): Promise<void> {
  const store = await openStore(place);
  await fill(store);
  await store.close();
  const { child, base } = await startServer(place);
  try {
    await sleep(IDLE_MS);
    const idle = await figures(base);
    // counting for the metrics is not what is measured here
    await figures(base);
    const { times, errors } = await load(base, seconds);
    const after = await figures(base);
    const all = [...times.values()].flat();
    for (const [kind, some] of [...times, ['all', all] as const]) {
      const quantiles = [0.5, 0.95, 0.99, 1].map((share) => quantile(some, share));
      console.log(row(name, kind, some.length, ...quantiles));
    }
    console.log(row(name, 'errors', errors.length, 'aim 0', '', '', ''));
    for (const error of errors.slice(0, 5)) console.log(error);
    const block = `${after.blockMs.toFixed(0)} ms`;
    console.log(row(name, 'longest block of the event loop', block, 'aim < 100 ms', '', '', ''));
    console.log(
      row(name, 'memory idle', `${idle.megabytes.toFixed(0)} MB`, 'aim < 120', '', '', ''),
    );
    console.log(row(name, 'memory after', `${after.megabytes.toFixed(0)} MB`, '', '', '', ''));
    const cpu = ((after.cpuSeconds - idle.cpuSeconds) / seconds).toFixed(2);
    console.log(row(name, 'processors used by the server', cpu, '', '', '', ''));
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

const [given = '60', only] = process.argv.slice(2);
const seconds = Number(given);
if (!Number.isInteger(seconds) || seconds < 1)
  throw new Error(`"${given}" is no number of seconds`);
const folder = mkdtempSync(join(tmpdir(), 'postern-bench-serve-'));
try {
  console.log(row('store', 'what', 'requests', 'median', '95 %', '99 %', 'longest'));
  console.log(row('---', '---', '---', '---', '---', '---', '---'));
  if (only !== 'postgres') {
    await measure('SQLite', { file: join(folder, 'postern.db') }, seconds);
  }
  if (only !== 'sqlite' && hasPostgres()) {
    const postgres = await startPostgres();
    try {
      await measure('PostgreSQL', { url: await postgres.newDatabase() }, seconds);
    } finally {
      await postgres.stop();
    }
  }
} finally {
  agent.destroy();
  rmSync(folder, { recursive: true });
}

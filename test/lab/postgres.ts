import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { met } from '../helpers/needs.ts';
import { asUser, startChild } from './child.ts';
import { makeFolder, removeFolder, sweepFolders } from './folders.ts';

const PROGRAMS = '/usr/lib/postgresql';
const USER = 'postgres';
const READY_WITHIN_MS = 60_000;

/** A PostgreSQL of our own, reached through a socket in its folder; it listens on no network. */
export interface Postgres {
  /** A URL of a new, empty database. */
  newDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** Whether it can run here. */
export function hasPostgres(): boolean {
  return met({ linux: true, packages: ['postgresql'] });
}

/** Starts it as an ordinary user, with the settings it ships with: it syncs what it confirms. */
export async function startPostgres(): Promise<Postgres> {
  sweepFolders();
  const dir = makeFolder('postgres');
  const data = join(dir, 'data');
  const programs = `${PROGRAMS}/${newestMajor()}/bin`;
  await mkdir(data);
  if (process.getuid?.() === 0) await run('chown', [USER, data]);
  const [command = '', ...args] = [
    ...asUser(process.getuid?.() === 0 ? USER : undefined),
    ...[`${programs}/initdb`, '-D', join(data, 'cluster'), '--no-sync', '-U', USER],
    ...['--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'],
  ];
  await run(command, args, { cwd: data });
  const settings = ['listen_addresses=', `unix_socket_directories=${data}`];
  const child = startChild(
    {
      user: USER,
      cwd: data,
      command: `${programs}/postgres`,
      args: ['-D', join(data, 'cluster'), ...settings.flatMap((setting) => ['-c', setting])],
    },
    join(dir, 'log'),
  );
  const psql = (text: string) =>
    run(`${programs}/psql`, ['-h', data, '-U', USER, '-d', 'postgres', '-qAtc', text]);
  const until = Date.now() + READY_WITHIN_MS;
  while (!(await psql('select 1').then(Boolean, () => false))) {
    if (child.ended() !== undefined || Date.now() > until) throw new Error(child.log());
    await sleep(100);
  }
  let made = 0;
  return {
    newDatabase: async () => {
      made += 1;
      await psql(`create database store_${made}`);
      return `postgres://${USER}@/store_${made}?host=${encodeURIComponent(data)}`;
    },
    stop: async () => {
      await child.kill();
      await removeFolder(dir);
    },
  };
}

const run = promisify(execFile);

function newestMajor(): number {
  return Math.max(...readdirSync(PROGRAMS).map(Number));
}

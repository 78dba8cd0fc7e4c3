import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { takeLock } from './lock.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

const pathOf = (name: string) => join(folder, `${name}.lock`);
const filesOf = async (name: string) =>
  (await readdir(folder)).filter((file) => file.startsWith(name));

/** The number of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ['-e', '0']).pid;
}

/** Field 22 of proc_pid_stat(5), of this process; empty on other systems. */
function beganNow(): string {
  const path = '/proc/self/stat';
  if (!existsSync(path)) return '';
  return (
    readFileSync(path, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[19] ?? ''
  );
}

it('is held by one at a time and leaves nothing behind', async () => {
  const lock = await takeLock(pathOf('one'), 'one');
  await expect(takeLock(pathOf('one'), 'one')).rejects.toMatchObject({
    code: 'RESUME_BUSY',
    message: `"one" is in use by process ${process.pid} on ${hostname()}`,
  });
  expect(await filesOf('one')).toEqual(['one.lock']);
  await lock.release();
  await (await takeLock(pathOf('one'), 'one')).release();
  expect(await filesOf('one')).toEqual([]);
});

it.each([
  ['a process that has ended', { machine: hostname(), pid: endedPid(), began: '1' }],
  ['a process whose number another has now', { machine: hostname(), pid: process.pid, began: '1' }],
  [
    'a process of an earlier start of the machine',
    { machine: hostname(), pid: process.pid, began: beganNow(), boot: 'another' },
  ],
  ['something else', 'not a lock'],
])('is taken over from %s', async (_, holder) => {
  await writeFile(pathOf('stale'), JSON.stringify(holder));
  await (await takeLock(pathOf('stale'), 'stale')).release();
  expect(await filesOf('stale')).toEqual([]);
});

it.skipIf(process.platform !== 'linux')('is held by who began at that time', async () => {
  const holder = { machine: hostname(), pid: process.pid, began: beganNow() };
  await writeFile(pathOf('held'), JSON.stringify(holder));
  await expect(takeLock(pathOf('held'), 'held')).rejects.toMatchObject({ code: 'RESUME_BUSY' });
});

it('counts a process on another machine as alive', async () => {
  await writeFile(pathOf('far'), JSON.stringify({ machine: 'elsewhere', pid: 1, began: '' }));
  await expect(takeLock(pathOf('far'), 'far')).rejects.toMatchObject({ code: 'RESUME_BUSY' });
  expect(await filesOf('far')).toEqual(['far.lock']);
});

it('goes to one of many that find it stale at the same time', async () => {
  await writeFile(
    pathOf('race'),
    JSON.stringify({ machine: hostname(), pid: endedPid(), began: '1' }),
  );
  const taken = await Promise.allSettled(
    Array.from({ length: 20 }, () => takeLock(pathOf('race'), 'race')),
  );
  const holders = taken.filter((result) => result.status === 'fulfilled');
  const others = taken.filter((result) => result.status === 'rejected');
  expect(holders).toHaveLength(1);
  for (const { reason } of others) expect(reason).toMatchObject({ code: 'RESUME_BUSY' });
  await holders[0]?.value.release();
  expect(await filesOf('race')).toEqual([]);
});

it('says why no file can be made there', async () => {
  const nowhere = join(folder, 'none', 'x.lock');
  await expect(takeLock(nowhere, 'x')).rejects.toMatchObject({
    code: 'RESUME_FILE',
    message: expect.stringContaining('ENOENT'),
  });
});

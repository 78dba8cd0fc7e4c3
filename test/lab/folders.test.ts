import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keepFolder, makeFolder, removeFolder, sweepFolders } from './folders.ts';

/** The number of a process that has just ended. */
function deadPid(): string {
  return execFileSync(process.execPath, ['-p', 'process.pid']).toString().trim();
}

it('makes a folder that others can enter, and removes it', async () => {
  const dir = makeFolder('mine');
  expect(statSync(dir).mode & 0o777).toBe(0o755);
  await removeFolder(dir);
  expect(existsSync(dir)).toBe(false);
});

it('sweeps folders whose owner is dead, but none that is owned or kept', async () => {
  const mine = makeFolder('mine');
  const left = join(tmpdir(), `postern-lab-${deadPid()}-left-XXXXXX`);
  const kept = join(tmpdir(), `postern-lab-${deadPid()}-kept-XXXXXX`);
  mkdirSync(left);
  mkdirSync(kept);
  keepFolder(kept);
  sweepFolders();
  expect([mine, left, kept].map((dir) => existsSync(dir))).toEqual([true, false, true]);
  await removeFolder(mine);
  await removeFolder(kept);
});

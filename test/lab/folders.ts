import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** postern-lab-OWNER-…: the process whose folder it is. */
const OWNED = /^postern-lab-(\d+)-/;
const KEPT = 'KEPT';

/** A new folder that every user can enter: servers drop their privileges. */
export function makeFolder(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `postern-lab-${process.pid}-${name}-`));
  chmodSync(dir, 0o755);
  return dir;
}

/** Leaves a folder for people to look at. */
export function keepFolder(dir: string): void {
  writeFileSync(join(dir, KEPT), 'A test failed; remove this folder when you have seen enough.\n');
}

export async function removeFolder(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what runs that were killed have left behind. */
export function sweepFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const dir = join(tmpdir(), name);
    const owner = OWNED.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner)) || existsSync(join(dir, KEPT))) continue;
    rmSync(dir, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Files of procfs come and go, and some are closed to us: null is both. Calls are synchronous for speed. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

export function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

export function listFolder(path: string): string[] | null {
  try {
    return readdirSync(path);
  } catch {
    return null;
  }
}

/** Whether something cannot be read because this user may not, rather than because it has gone. */
export function isDenied(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM';
  }
}

/** Process ids, ascending. */
export function listProcesses(): number[] {
  const names = listFolder('/proc') ?? [];
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

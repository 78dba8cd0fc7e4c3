import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { crc32 } from 'node:zlib';
import { messageOf, problem } from '../../model/errors.ts';

export interface Lock {
  release(): Promise<void>;
}

/** Who holds a lock. */
interface Holder {
  readonly machine: string;
  readonly pid: number;
  /** When the process began, as its system says it; empty where it does not: numbers are used again. */
  readonly began: string;
}

/**
 * Takes `path` (a file beside the one it protects) for this process. A lock whose process is gone is
 * taken over. Throws RESUME_BUSY, or RESUME_FILE when no file can be made there.
 */
export async function takeLock(path: string, protectedFile: string): Promise<Lock> {
  const own = `${path}.${randomUUID().slice(0, 8)}`;
  const text = JSON.stringify(await ourselves());
  try {
    await writeFile(own, text, { flag: 'wx' });
    await claim(own, path, protectedFile);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw problem('RESUME_FILE', { value: protectedFile, problem: messageOf(error) }, error);
  } finally {
    await rm(own, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

async function claim(own: string, path: string, protectedFile: string): Promise<void> {
  if (await linked(own, path)) return;
  const found = await textOf(path);
  if (found !== null) await takeOver(own, path, found, protectedFile);
  // it has been released meanwhile
  else if (!(await linked(own, path))) throw busy(protectedFile, await textOf(path));
}

/**
 * Puts our lock in the place of one that is stale. Only who holds the right to replace this very
 * lock may: else one of two that found it stale would take away what the other had put there.
 */
async function takeOver(
  own: string,
  path: string,
  stale: string,
  protectedFile: string,
): Promise<void> {
  if (await lives(holderOf(stale))) throw busy(protectedFile, stale);
  const right = `${path}.${crc32(stale).toString(16)}`;
  if (!(await linked(own, right))) {
    const rival = await textOf(right);
    if (rival !== null && !(await lives(holderOf(rival)))) await rm(right, { force: true });
    throw busy(protectedFile, rival);
  }
  try {
    const now = await textOf(path);
    if (now !== stale) throw busy(protectedFile, now);
    await rename(own, path);
  } finally {
    await rm(right, { force: true });
  }
}

/** Makes the lock in one step, its content included; false when there is one. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null where there is no file. */
async function textOf(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

function busy(protectedFile: string, lock: string | null) {
  const holder = holderOf(lock ?? '');
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.machine}`;
  return problem('RESUME_BUSY', { value: protectedFile, holder: who });
}

async function ourselves(): Promise<Holder> {
  return { machine: hostname(), pid: process.pid, began: await beginOf(process.pid) };
}

function holderOf(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    const { machine, pid, began } = value ?? {};
    if (typeof machine !== 'string' || typeof began !== 'string') return null;
    return typeof pid === 'number' && pid > 0 ? { machine, pid, began } : null;
  } catch {
    return null;
  }
}

/** Of a process on another machine nothing is known: it counts as alive. */
async function lives(holder: Holder | null): Promise<boolean> {
  if (holder === null) return false;
  const { machine, pid, began } = holder;
  if (machine !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return began === (await beginOf(pid));
}

/**
 * Clock ticks from the start of the machine to that of a process: field 22 of proc_pid_stat(5).
 * Empty for one that has ended and was not waited for yet (state Z, field 3).
 */
async function beginOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}

import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { crc32 } from 'node:zlib';
import { messageOf, type PosternError, problem } from '../../model/errors.ts';

export interface Lock {
  release(): Promise<void>;
}

/** Who holds a lock. */
interface Holder {
  readonly machine: string;
  readonly pid: number;
  /** When the process began, as its system says it; empty where it does not: numbers are used again. */
  readonly began: string;
  /** Of the start of the machine, which numbers and ticks are counted from; empty where unknown. */
  readonly boot: string;
}

export interface LockCodes {
  readonly busy: 'RESUME_BUSY' | 'AGENT_BUSY';
  readonly file: 'RESUME_FILE' | 'AGENT_STATE';
}

const OF_SCANS: LockCodes = { busy: 'RESUME_BUSY', file: 'RESUME_FILE' };

/**
 * Takes `path` (a file beside or in what it protects) for this process. A lock whose process is gone is
 * taken over. Throws `busy`, or `file` when no file can be made there.
 */
export async function takeLock(
  path: string,
  protectedFile: string,
  codes: LockCodes = OF_SCANS,
): Promise<Lock> {
  const busy = (lock: string | null) =>
    problem(codes.busy, { value: protectedFile, holder: whoHolds(lock) });
  const own = `${path}.${randomUUID().slice(0, 8)}`;
  const text = JSON.stringify(await ourselves());
  try {
    await writeFile(own, text, { flag: 'wx' });
    await claim(own, path, busy);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw problem(codes.file, { value: protectedFile, problem: messageOf(error) }, error);
  } finally {
    await rm(own, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

type Busy = (lock: string | null) => PosternError;

async function claim(own: string, path: string, busy: Busy): Promise<void> {
  if (await linked(own, path)) return;
  const found = await textOf(path);
  if (found !== null) await takeOver(own, path, found, busy);
  // it has been released meanwhile
  else if (!(await linked(own, path))) throw busy(await textOf(path));
}

/**
 * Puts our lock in the place of one that is stale. Only who holds the right to replace this very
 * lock may: else one of two that found it stale would take away what the other had put there.
 */
async function takeOver(own: string, path: string, stale: string, busy: Busy): Promise<void> {
  if (await lives(holderOf(stale))) throw busy(stale);
  const right = `${path}.${crc32(stale).toString(16)}`;
  if (!(await linked(own, right))) {
    const rival = await textOf(right);
    if (rival !== null && !(await lives(holderOf(rival)))) await rm(right, { force: true });
    throw busy(rival);
  }
  try {
    const now = await textOf(path);
    if (now !== stale) throw busy(now);
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

function whoHolds(lock: string | null): string {
  const holder = holderOf(lock ?? '');
  return holder === null ? 'another process' : `process ${holder.pid} on ${holder.machine}`;
}

async function ourselves(): Promise<Holder> {
  const [began, boot] = await Promise.all([beginOf(process.pid), bootOf()]);
  return { machine: hostname(), pid: process.pid, began, boot };
}

function holderOf(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    const { machine, pid, began, boot = '' } = value ?? {};
    if (typeof machine !== 'string' || typeof began !== 'string') return null;
    if (typeof pid !== 'number' || pid <= 0 || typeof boot !== 'string') return null;
    return { machine, pid, began, boot };
  } catch {
    return null;
  }
}

/** Of a process on another machine nothing is known: it counts as alive. */
async function lives(holder: Holder | null): Promise<boolean> {
  if (holder === null) return false;
  const { machine, pid, began, boot } = holder;
  if (machine !== hostname()) return true;
  if (boot !== '' && boot !== (await bootOf())) return false;
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

/** A UUID that is new at every start of the machine: proc_sys_kernel(5), random. */
async function bootOf(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

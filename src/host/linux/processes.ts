import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { maskArguments } from '../mask-secrets.ts';
import { type ControlGroup, readCgroup } from './cgroup.ts';
import { isDenied, listFolder, listProcesses, readLink, readText } from './proc-files.ts';

/** The kernel cuts the name of a program to so many bytes (TASK_COMM_LEN - 1). */
const COMM_BYTES = 15;
/** Names that a runtime gives its main thread: they say nothing of the program. */
const THREAD_NAME = /^(?:MainThread|node-MainThread|main|java)$/;
const DELETED = ' (deleted)';

/** A process that holds a listener. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly program: string;
  /** Secrets masked; absent for processes without a command line. */
  readonly command?: string;
  /** Absolute path in the process's own file system; absent when it cannot be seen. */
  readonly executable?: string;
  /** The executable that runs is no longer there: another may be in its place, as after an upgrade. */
  readonly replaced?: true;
  /** Effective user id. */
  readonly uid: number;
  readonly group: ControlGroup;
  /** Where its file system begins, seen from ours: empty for the same one. */
  readonly root: string;
}

export interface Holders {
  /** Processes by inode of the socket, ascending. */
  readonly byInode: ReadonlyMap<number, readonly number[]>;
  /** How many processes would not show what they hold. */
  readonly hidden: number;
}

/** Which processes hold these sockets (proc_pid_fd(5)). */
export function findHolders(inodes: ReadonlySet<number>): Holders {
  const byInode = new Map<number, number[]>();
  let hidden = 0;
  if (inodes.size === 0) return { byInode, hidden };
  for (const pid of listProcesses()) {
    const folder = `/proc/${pid}/fd`;
    const descriptors = listFolder(folder) ?? [];
    const links = descriptors.map((descriptor) => readLink(`${folder}/${descriptor}`));
    if (links.every((link) => link === null) && isClosed(folder, descriptors[0])) hidden += 1;
    for (const link of links) {
      const inode = socketInode(link);
      if (inode !== null && inodes.has(inode)) add(byInode, inode, pid);
    }
  }
  return { byInode, hidden };
}

/** The list of descriptors may be open to us while what they are is not. */
function isClosed(folder: string, descriptor: string | undefined): boolean {
  if (descriptor === undefined) return isDenied(() => readdirSync(folder));
  return isDenied(() => readlinkSync(`${folder}/${descriptor}`));
}

/** `socket:[INODE]` */
function socketInode(link: string | null): number | null {
  return link?.startsWith('socket:[') === true ? Number(link.slice(8, -1)) : null;
}

function add(holders: Map<number, number[]>, inode: number, pid: number): void {
  const others = holders.get(inode);
  if (others === undefined) holders.set(inode, [pid]);
  else if (others.at(-1) !== pid) others.push(pid);
}

/** What procfs tells of a process; null when it has ended. */
export function readProcess(pid: number): ProcessFacts | null {
  const status = readText(`/proc/${pid}/status`);
  const comm = readText(`/proc/${pid}/comm`)?.trimEnd();
  if (status === null || comm === undefined) return null;
  const args = argumentsOf(pid);
  const executable = readLink(`/proc/${pid}/exe`) ?? undefined;
  const path = executable?.endsWith(DELETED) ? executable.slice(0, -DELETED.length) : executable;
  return {
    pid,
    parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    program: printable(programName(comm, path, args)),
    ...(args.length === 0 ? {} : { command: maskArguments(args) }),
    ...(path === undefined ? {} : { executable: path }),
    ...(path === executable ? {} : { replaced: true as const }),
    uid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? 0),
    group: readCgroup(readText(`/proc/${pid}/cgroup`) ?? ''),
    root: rootOf(pid, path),
  };
}

function argumentsOf(pid: number): string[] {
  const text = readText(`/proc/${pid}/cmdline`) ?? '';
  return text
    .replace(/\0+$/, '')
    .split('\0')
    .filter((arg, at) => arg !== '' || at > 0);
}

/**
 * The kernel's name of the process, as ss(8) shows it, but whole where it is cut, and that of the
 * executable where it is only a thread's.
 */
export function programName(
  comm: string,
  executable: string | undefined,
  args: readonly string[],
): string {
  const files = [executable, ...args.slice(0, 2)].flatMap((path) =>
    path === undefined ? [] : [basename(path.split(' ', 1)[0] ?? '')],
  );
  if (THREAD_NAME.test(comm)) return files[0] ?? comm;
  if (Buffer.byteLength(comm) < COMM_BYTES) return comm;
  return files.find((name) => name.startsWith(comm)) ?? comm;
}

function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

/** Services with a mount namespace of their own mostly see our files: then ours are asked. */
function rootOf(pid: number, executable: string | undefined): string {
  const namespace = readLink(`/proc/${pid}/ns/mnt`);
  if (namespace === null || namespace === readLink('/proc/self/ns/mnt')) return '';
  return sameFile(`/proc/${pid}/exe`, executable) ? '' : `/proc/${pid}/root`;
}

function sameFile(link: string, path: string | undefined): boolean {
  if (path === undefined) return true;
  try {
    const [inside, outside] = [statSync(link), statSync(path)];
    return inside.ino === outside.ino && inside.dev === outside.dev;
  } catch {
    return false;
  }
}

/** The one of several holders that the others come from: neither its child nor a later one. */
export function eldest(holders: readonly ProcessFacts[]): ProcessFacts | undefined {
  const pids = new Set(holders.map(({ pid }) => pid));
  return holders.find(({ parent }) => !pids.has(parent)) ?? holders[0];
}

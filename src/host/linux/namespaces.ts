import { existsSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NamespacePlace } from '../look.ts';
import { isDenied, listFolder, listProcesses, readLink } from './proc-files.ts';

const NAMED = '/run/netns';

/** A network namespace that can be reached from here. */
export interface NetNamespace extends Omit<NamespacePlace, 'name'> {
  /** `host`, or its name; null when it has none. */
  readonly name: string | null;
  /** Processes in it, ascending. */
  readonly processes: readonly number[];
}

export interface Namespaces {
  readonly namespaces: readonly NetNamespace[];
  /** How many processes would not say which namespace they are in. */
  readonly hidden: number;
  /** Processes of others are not even listed: a mount option of /proc (hidepid, proc(5)), or systemd's ProtectProc=. */
  readonly unlisted: boolean;
}

/**
 * All network namespaces that processes are in or that have a name (ip-netns(8)). That of process 1
 * is the host's, or our own where that cannot be seen.
 */
export function listNamespaces(): Namespaces {
  const own = readLink('/proc/self/ns/net');
  const host = readLink('/proc/1/ns/net') ?? own;
  const members = new Map<string, number[]>();
  let hidden = 0;
  for (const pid of listProcesses()) {
    const link = `/proc/${pid}/ns/net`;
    const id = readLink(link);
    if (id !== null) addMember(members, id, pid);
    else if (isDenied(() => readlinkSync(link))) hidden += 1;
  }
  const names = namesById();
  const ids = new Set([...members.keys(), ...names.keys()]);
  const namespaces = [...ids].map((id): NetNamespace => {
    const processes = members.get(id) ?? [];
    return {
      name: id === host ? 'host' : (names.get(id) ?? null),
      ...whereabouts(id === own, processes[0], names.get(id)),
      processes,
    };
  });
  // every process-id namespace has a process 1
  return { namespaces, hidden, unlisted: !existsSync('/proc/1') };
}

function addMember(members: Map<string, number[]>, id: string, pid: number): void {
  const others = members.get(id);
  if (others === undefined) members.set(id, [pid]);
  else others.push(pid);
}

/** A name stays while processes go. */
function whereabouts(own: boolean, pid: number | undefined, name: string | undefined) {
  if (own) return { file: null, procNet: '/proc/self/net' };
  const file = name === undefined ? `/proc/${pid}/ns/net` : join(NAMED, name);
  return { file, procNet: pid === undefined ? null : `/proc/${pid}/net` };
}

/** Whether a namespace without a name ended with its processes since it was listed. */
export function hasEnded({ name, processes }: NetNamespace): boolean {
  return name === null && !processes.some((pid) => existsSync(`/proc/${pid}`));
}

/** Names by what the link of a process in it says: `net:[INODE]`. */
function namesById(): Map<string, string> {
  const names = new Map<string, string>();
  for (const name of listFolder(NAMED) ?? []) {
    const inode = inodeOf(join(NAMED, name));
    if (inode !== null) names.set(`net:[${inode}]`, name);
  }
  return names;
}

/** Null when it is gone, or closed to us. */
function inodeOf(path: string): number | null {
  try {
    return statSync(path).ino;
  } catch {
    return null;
  }
}

import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ControlGroup, readCgroupPath } from './cgroup.ts';

/** Where version 2 is mounted: alone, or beside version 1. */
const MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
/** Only in a root of version 2. */
const MARK = 'cgroup.controllers';
/** Groups that are looked at, at most: a host with a thousand containers has less. */
const MAX_GROUPS = 20_000;

/**
 * Control groups of version 2 by their id, which is the inode of their folder: of a socket whose process
 * hides it still tells the unit.
 */
export class CgroupPaths {
  #byId: Map<bigint, string> | null = null;

  /** Empty when the group is gone, or version 2 not mounted. */
  groupOf(id: bigint | null): ControlGroup {
    if (id === null) return {};
    this.#byId ??= readTree();
    const path = this.#byId.get(id);
    return path === undefined ? {} : readCgroupPath(path);
  }
}

function readTree(): Map<bigint, string> {
  const paths = new Map<bigint, string>();
  const root = MOUNTS.find((mount) => inodeOf(join(mount, MARK)) !== null);
  const queue = root === undefined ? [] : [''];
  for (let at = 0; at < queue.length && at < MAX_GROUPS; at++) {
    const path = queue[at] ?? '';
    const id = inodeOf(join(root ?? '', path));
    if (id !== null) paths.set(id, `/${path}`);
    for (const entry of entriesOf(join(root ?? '', path))) {
      if (entry.isDirectory()) queue.push(join(path, entry.name));
    }
  }
  return paths;
}

function inodeOf(path: string): bigint | null {
  try {
    return statSync(path, { bigint: true }).ino;
  } catch {
    return null;
  }
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

import { accessSync, constants, existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CgroupPaths } from './cgroup-paths.ts';

const mount = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find(
  (path) => existsSync(join(path, 'cgroup.procs')) && existsSync(join(path, 'cgroup.controllers')),
);

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(mount === undefined || !isWritable(mount))('control groups by id', () => {
  it('finds the unit, and nothing for what is gone', () => {
    const folder = join(mount ?? '', `postern-${process.pid}.service`);
    mkdirSync(folder);
    try {
      const { ino } = statSync(folder, { bigint: true });
      const paths = new CgroupPaths();
      expect(paths.groupOf(ino)).toEqual({ unit: `postern-${process.pid}.service` });
      expect(paths.groupOf(2n ** 60n)).toEqual({});
      expect(paths.groupOf(null)).toEqual({});
    } finally {
      rmdirSync(folder);
    }
  });
});

import { existsSync } from 'node:fs';
import type { OwningPackage } from '../../model/listener.ts';
import { findApkOwners } from './apk.ts';
import { findDpkgOwners } from './dpkg.ts';
import { findRpmOwners } from './rpm.ts';

const RPM_DATABASES = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm'];

/**
 * Which packages own these executables in the file system at `root` (empty for ours). rpm is asked for
 * our own only: its database has as many forms as versions.
 */
export async function findOwners(
  root: string,
  executables: readonly string[],
): Promise<Map<string, OwningPackage>> {
  const owners = new Map([
    ...findApkOwners(root, executables),
    ...findDpkgOwners(root, executables),
  ]);
  if (root !== '' || !RPM_DATABASES.some((folder) => existsSync(folder))) return owners;
  const left = executables.filter((path) => !owners.has(path));
  return new Map([...(await findRpmOwners(left)), ...owners]);
}

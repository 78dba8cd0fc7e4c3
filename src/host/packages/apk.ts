import type { OwningPackage } from '../../model/listener.ts';
import { readRegularFile } from '../regular-file.ts';

/** apk-tools 2, and 3 on a merged /usr. */
const DATABASES = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/** Which packages own these executables, from apk's database below `root`; empty where there is none. */
export function findApkOwners(
  root: string,
  executables: readonly string[],
): Map<string, OwningPackage> {
  const owners = new Map<string, OwningPackage>();
  for (const database of DATABASES) {
    for (const [path, owner] of readApkOwners(readRegularFile(root, database) ?? '', executables)) {
      owners.set(path, owner);
    }
  }
  return owners;
}

/**
 * Reads apk's list of installed packages (apk_installed(5)): `P:` name, `V:` version, then `F:` a
 * folder without leading slash and `R:` each file in it.
 */
export function readApkOwners(
  text: string,
  executables: readonly string[],
): Map<string, OwningPackage> {
  const wanted = new Map(executables.flatMap((path) => placesOf(path).map((at) => [at, path])));
  const owners = new Map<string, OwningPackage>();
  let name = '';
  let version = '';
  let folder = '';
  for (const line of text.split('\n')) {
    const value = line.slice(2);
    if (line.startsWith('P:')) name = value;
    else if (line.startsWith('V:')) version = value;
    else if (line.startsWith('F:')) folder = value;
    else if (line.startsWith('R:')) {
      const executable = wanted.get(`/${folder === '' ? '' : `${folder}/`}${value}`);
      if (executable !== undefined) owners.set(executable, { manager: 'apk', name, version });
    }
  }
  return owners;
}

function placesOf(path: string): string[] {
  return path.startsWith('/usr/') ? [path, path.slice('/usr'.length)] : [path];
}

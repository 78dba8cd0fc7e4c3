import { readRegularFile } from '../regular-file.ts';

/** Names of users by number, from the passwd(5) file below `root`; empty when it cannot be read. */
export function readUsers(root: string): ReadonlyMap<number, string> {
  return readPasswd(readRegularFile(root, 'etc/passwd') ?? '');
}

/** Of several names of one number the first counts, as getpwuid(3) takes it. */
export function readPasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (/^[^\s+-][^\s]*$/.test(name) && /^\d+$/.test(uid) && !names.has(Number(uid))) {
      names.set(Number(uid), name);
    }
  }
  return names;
}

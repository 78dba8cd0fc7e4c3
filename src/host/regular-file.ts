import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Larger than any list of packages or users. */
const MAX_BYTES = 64 * 2 ** 20;
const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;

/**
 * The text of a file below `root`; null when there is none to be read. In a container's file system
 * others decide what lies there: no pipe is waited for, no link followed and nothing endless read.
 */
export function readRegularFile(root: string, path: string): string | null {
  try {
    const flags = O_RDONLY | O_NONBLOCK | (root === '' ? 0 : O_NOFOLLOW);
    const file = openSync(`${root}/${path}`, flags);
    try {
      const stats = fstatSync(file);
      return stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(file, 'utf8') : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

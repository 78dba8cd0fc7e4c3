import { closeSync, openSync } from 'node:fs';
import { ERRNO } from './errno.ts';
import type { Libc } from './libc.ts';

const CLONE_NEWNET = 0x4000_0000;
/** Of the thread that asks: only that one is moved. */
const OWN = '/proc/thread-self/ns/net';

/**
 * Calls `open` inside another network namespace, named by its file (`/proc/PID/ns/net`,
 * `/run/netns/NAME`), and returns its answer. A socket stays in the namespace that it was opened in
 * (network_namespaces(7)), so that is all that is done there; `open` must not wait. Returns a negative
 * error number when the namespace cannot be entered: that needs CAP_SYS_ADMIN (setns(2)).
 */
export function openInNamespace<Opened>(
  libc: Libc,
  path: string,
  open: () => Opened | number,
): Opened | number {
  const own = descriptor(OWN);
  if (own < 0) return own;
  const other = descriptor(path);
  try {
    if (other < 0) return other;
    if (libc.setns(other, CLONE_NEWNET) < 0) return -libc.errno();
    try {
      return open();
    } finally {
      comeBack(libc, own);
    }
  } finally {
    closeSync(own);
    if (other >= 0) closeSync(other);
  }
}

/** Anything done after this in the wrong namespace would be wrong: better to end. */
function comeBack(libc: Libc, own: number): void {
  if (libc.setns(own, CLONE_NEWNET) === 0) return;
  throw new Error(`cannot return to the own network namespace (error ${libc.errno()})`);
}

/** Negative error number on failure. */
function descriptor(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    const { errno } = thrown as NodeJS.ErrnoException;
    return errno !== undefined && errno < 0 ? errno : -ERRNO.EINVAL;
  }
}

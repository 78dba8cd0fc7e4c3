import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const CLONE_NEWNET = 0x4000_0000;
/** Bytes of a CPU mask (sched_setaffinity(2)): 1,024 processors. */
const MASK_BYTES = 128;

const library = koffi.load(null);
const setns = library.func('int setns(int, int)');
const currentCpu = library.func('int sched_getcpu()');
const getAffinity = library.func('int sched_getaffinity(int, size_t, void *)');
const setAffinity = library.func('int sched_setaffinity(int, size_t, const void *)');

/**
 * Runs `work` with this thread in a network namespace (`ip netns`): sockets opened meanwhile stay
 * there for good. `work` must not wait for anything. Needs root.
 */
export function inNamespace<T>(name: string, work: () => T): T {
  const own = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enter(`/run/netns/${name}`);
    return work();
  } finally {
    // A thread that stayed inside would do everything else there: better no process at all.
    if (setns(own, CLONE_NEWNET) !== 0) process.abort();
    closeSync(own);
  }
}

function enter(path: string): void {
  const there = openSync(path, 'r');
  const result = setns(there, CLONE_NEWNET) as number;
  closeSync(there);
  if (result !== 0) throw new Error(`cannot enter ${path}: error ${koffi.errno()}`);
}

/** Runs `work` on one processor, so that the kernel handles what it sends in that order. */
export function onOneProcessor<T>(work: () => T): T {
  const before = Buffer.alloc(MASK_BYTES);
  if ((getAffinity(0, MASK_BYTES, before) as number) < 0) throw new Error('sched_getaffinity');
  const one = Buffer.alloc(MASK_BYTES);
  const cpu = currentCpu() as number;
  one[cpu >> 3] = 1 << (cpu & 7);
  if (setAffinity(0, MASK_BYTES, one) !== 0) throw new Error('sched_setaffinity');
  try {
    return work();
  } finally {
    setAffinity(0, MASK_BYTES, before);
  }
}

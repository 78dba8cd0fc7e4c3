import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often memory is looked at, milliseconds. */
const EVERY_MS = 100;
/** Growth since the last collection, in bytes, from which the next one is worth its 20 ms. */
const WORTH_BYTES = 8_000_000;

/** Asked of V8 alone: `process.memoryUsage` opens a file, and a scan may have every descriptor in use. */
function inUse(): number {
  const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** Work after which V8 optimizes a function; its own bound is an eighth of that. */
const LATER = '--interrupt-budget=1000000';

/**
 * Has V8 optimize functions later. A command of one second ends before most of that pays off: of an
 * audit's work half was compiling.
 */
export function optimizeLater(): void {
  setFlagsFromString(LATER);
}

/**
 * Collects garbage when it has piled up, until the returned function is called. V8 alone lets 60 MB
 * of closed sockets lie before its first full collection; nothing but its flags would tell it not
 * to, and a program cannot choose those for its own start everywhere.
 */
export function collectGarbage(): () => void {
  const collect = collector();
  let kept = inUse();
  const timer = setInterval(() => {
    if (inUse() < kept + WORTH_BYTES) return;
    collect();
    kept = inUse();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Collects garbage once, after the start of a program that then rests, unless the returned function is
 * called before. Not again: while it answers, a full collection would hold answers up.
 */
export function collectOnce(afterMs: number): () => void {
  const timer = setTimeout(collector(), afterMs);
  timer.unref();
  return () => clearTimeout(timer);
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

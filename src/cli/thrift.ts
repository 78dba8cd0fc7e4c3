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

/** By how much V8 lets its space for new objects grow; two is its own. */
const GROWTH = '--semi-space-growth-factor';
/** Newest major version of V8 that was tried; a later one may not know the flag, and would say so. */
const TRIED_V8 = 13;

/**
 * Starts a program that then rests. Its start makes much garbage, for which V8 would take 16 MB that it never
 * gives back: until `rest` is called, after which it may, for the sake of answers.
 */
export function startSmall(): { readonly rest: () => void } {
  const known = Number.parseInt(process.versions.v8, 10) <= TRIED_V8;
  if (known) setFlagsFromString(`${GROWTH}=1`);
  return {
    rest: () => {
      collector()();
      if (known) setFlagsFromString(`${GROWTH}=2`);
    },
  };
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

import { cpe23 } from './cpe.ts';
import { linesOf } from './dialogue.ts';

/** The version in a `VERSION 1.6.18` line (doc/protocol.txt); null when the line is another. */
export function readMemcachedVersion(bytes: Uint8Array): string | null {
  return /^VERSION (\S{1,64})(?: |$)/.exec(linesOf(bytes)[0]?.slice(0, 128) ?? '')?.[1] ?? null;
}

/** `STAT name value` lines of a `stats` answer. */
export function readStats(bytes: Uint8Array): ReadonlyMap<string, string> {
  const stats = new Map<string, string>();
  for (const line of linesOf(bytes)) {
    const match = /^STAT (\S{1,64}) (.{0,256})$/.exec(line);
    if (match?.[1] !== undefined) stats.set(match[1], match[2] ?? '');
  }
  return stats;
}

/** Product, version and CPE. */
export function memcachedProduct(version: string | undefined) {
  return {
    product: 'memcached',
    ...(version === undefined ? {} : { version }),
    cpe: cpe23('memcached', 'memcached', version),
  };
}

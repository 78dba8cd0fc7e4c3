import { KNOWN_PORTS } from '../../model/known-ports.ts';
import { mix } from '../connect/permute.ts';

/** Where nobody runs a service by custom: registered names thin out, and few programs choose from here. */
const FIRST = 20_000;
const LAST = 65_535;

const CUSTOMARY: ReadonlySet<number> = new Set(KNOWN_PORTS.map(({ port }) => port));

/**
 * `count` distinct high ports that no program uses by custom, drawn by `seed`, those of `asked` only
 * where there are no others: what answers there does not depend on what is asked for.
 */
export function canaryPorts(seed: number, count: number, asked: ReadonlySet<number>): number[] {
  const fresh = new Set<number>();
  const spare = new Set<number>();
  const span = LAST - FIRST + 1;
  for (let draw = 0; fresh.size < count && draw < 64 * count; draw++) {
    const port = FIRST + (mix(seed ^ Math.imul(draw + 1, 0x9e3779b1)) % span);
    if (CUSTOMARY.has(port)) continue;
    (asked.has(port) ? spare : fresh).add(port);
  }
  return [...fresh, ...spare].slice(0, count);
}

/** One of `of` parts of a scan, counted from 1. */
export interface Shard {
  readonly part: number;
  readonly of: number;
}

/** Most parts of a scan: a host has 65,535 ports to share out. */
const MOST = 65_535;

/** Reads `2/3`; null for anything else. */
export function parseShard(text: string): Shard | null {
  const match = /^([1-9]\d{0,4})\/([1-9]\d{0,4})$/.exec(text);
  const part = Number(match?.[1]);
  const of = Number(match?.[2]);
  return part <= of && of <= MOST ? { part, of } : null;
}

export function formatShard({ part, of }: Shard): string {
  return `${part}/${of}`;
}

/**
 * The ports of each address that fall into one part: every n-th, from a place that a hash of the
 * address gives, so that one host with all ports is split as evenly as a network on one port. The
 * parts are disjoint, make up the whole, and differ by at most one port per host. Depends on
 * nothing but address and ports: parts may run on different machines with different seeds.
 * `before` ports of another transport have been dealt out already.
 */
export function shardPorts(
  ports: readonly number[],
  { part, of }: Shard,
  before = 0,
): (address: string) => readonly number[] {
  const lists = Array.from({ length: of }, (): number[] => []);
  for (const [index, port] of ports.entries()) lists[(before + index) % of]?.push(port);
  return (address) => lists[(part - 1 + hashOf(address)) % of] ?? [];
}

/** FNV-1a (Fowler, Noll, Vo) with the finaliser of MurmurHash3: its low bits alone are uneven. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

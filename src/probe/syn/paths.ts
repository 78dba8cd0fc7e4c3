import { ERRNO } from '../../net/linux/errno.ts';
import type { Libc } from '../../net/linux/libc.ts';
import { type Link, readLinks, speaksEthernet } from '../../net/linux/links.ts';
import { Neighbours } from '../../net/linux/neighbours.ts';
import type { Route } from '../../net/linux/route-message.ts';
import { Routes } from '../../net/linux/routes.ts';
import { ADDRESS_BYTES, type HostBlock, wordsOf } from './hosts.ts';
import type { Fate } from './wire.ts';

/** Link addresses asked for in one block at most; the kernel's own table is not large (gc_thresh3). */
const MOST_ASKED = 256;
/** The kernel asks three times, a second apart, before it gives up: one question may get lost. */
const RESOLVE_MS = 3500;
/** Paths there may be: they are numbered in 16 bits. */
const MOST_PATHS = 30_000;

/** How packets to some hosts leave this machine. */
export interface Path {
  readonly family: 4 | 6;
  readonly interfaceIndex: number;
  /** Our address on that way. */
  readonly source: Uint8Array;
  /** Link address of the next hop; null when the kernel sends: then the rest is its business. */
  readonly mac: Uint8Array | null;
  /** Our own link address. */
  readonly ourMac: Uint8Array;
}

const FATES: readonly Fate[] = [
  { reason: 'no-route' },
  { reason: 'permission' },
  { reason: 'icmp-host-unreachable' },
];
const NO_ROUTE = -1;
const FORBIDDEN = -2;
const ABSENT = -3;

/** Hosts whose next hop must be asked for. */
interface Asked {
  readonly family: 4 | 6;
  readonly hosts: number[];
  readonly route: Route;
  readonly hop: Uint8Array;
}

/** Finds out how packets leave, and numbers the ways. */
export class Paths {
  readonly fates = FATES;
  readonly known: Path[] = [];
  readonly #routes: Routes;
  readonly #links: Map<number, Link>;
  readonly #neighbours: Neighbours;
  readonly #numbers = new Map<string, number>();
  /** Numbers of routes that lead every host over the same way; not those on link. */
  readonly #byRoute = new Map<Route, number>();
  /** Link addresses of next hops by interface and address; null for those that did not answer. */
  readonly #macs = new Map<string, Uint8Array | null>();

  private constructor(routes: Routes, links: Map<number, Link>, neighbours: Neighbours) {
    this.#routes = routes;
    this.#links = links;
    this.#neighbours = neighbours;
  }

  /** Negative error number on failure. */
  static open(libc: Libc): Paths | number {
    const links = readLinks(libc);
    if (typeof links === 'number') return links;
    const routes = Routes.open(libc);
    if (typeof routes === 'number') return routes;
    const neighbours = Neighbours.open(libc);
    if (typeof neighbours === 'number') {
      routes.close();
      return neighbours;
    }
    return new Paths(routes, links, neighbours);
  }

  /** For each host of a block the number of its path, or -1 - n for `fates[n]`. */
  of(block: HostBlock): Int16Array {
    const paths = new Int16Array(block.count);
    const words = wordsOf(block);
    const asked = new Map<Route | number, Asked>();
    for (let host = 0; host < block.count; host++) {
      const family = familyOf(block, host);
      const route = this.#routeOf(block, words, host, family);
      const known = this.#byRoute.get(route);
      if (known !== undefined) paths[host] = known;
      else if (route.error !== 0) paths[host] = fateOf(route.error);
      else if (!this.#isFramed(route)) paths[host] = this.#learn(route, family, null);
      else ask(asked, block, host, route);
    }
    this.#resolve([...asked.values()]);
    for (const one of asked.values()) {
      const path = this.#pathTo(one);
      for (const host of one.hosts) paths[host] = path;
    }
    return paths;
  }

  #pathTo({ family, route, hop }: Asked): number {
    const mac = this.#macs.get(hopKey(route.interfaceIndex, hop));
    if (mac === null) return ABSENT;
    if (route.gateway !== null) return this.#learn(route, family, mac ?? null);
    return this.#number(route, family, mac ?? null);
  }

  #learn(route: Route, family: 4 | 6, mac: Uint8Array | null): number {
    const number = this.#number(route, family, mac);
    this.#byRoute.set(route, number);
    return number;
  }

  close(): void {
    this.#routes.close();
    this.#neighbours.close();
  }

  #routeOf(block: HostBlock, words: Uint32Array, host: number, family: 4 | 6): Route {
    if (family === 4) return this.#routes.ipv4(swap(words[host * 4] ?? 0));
    return this.#routes.ipv6(addressOf(block, host, 6), block.scopes[host] ?? 0);
  }

  /** Whether we may put frames on the link ourselves; the kernel must when more than the destination decides. */
  #isFramed(route: Route): boolean {
    if (route.kind !== 'unicast' || route.encapsulated || this.#routes.hasPolicyRules) return false;
    const link = this.#links.get(route.interfaceIndex);
    return link !== undefined && speaksEthernet(link) && this.known.length < MOST_PATHS;
  }

  #number(route: Route, family: 4 | 6, mac: Uint8Array | null): number {
    const { interfaceIndex, source } = route;
    if (source === null) return NO_ROUTE;
    const key = [family, interfaceIndex, hex(source), mac === null ? '' : hex(mac)].join(' ');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const ourMac = this.#links.get(interfaceIndex)?.address ?? new Uint8Array(6);
    this.known.push({ family, interfaceIndex, source, mac, ourMac });
    this.#numbers.set(key, this.known.length - 1);
    return this.known.length - 1;
  }

  /** Learns the link addresses of next hops that are not known yet; too many are left to the kernel. */
  #resolve(asked: readonly Asked[]): void {
    const wanted = new Map<string, { interfaceIndex: number; hop: Uint8Array }>();
    for (const { route, hop } of asked) {
      const key = hopKey(route.interfaceIndex, hop);
      if (!this.#macs.has(key)) wanted.set(key, { interfaceIndex: route.interfaceIndex, hop });
    }
    if (wanted.size > MOST_ASKED) return;
    for (const index of new Set([...wanted.values()].map((one) => one.interfaceIndex))) {
      const hops = [...wanted.values()].filter((one) => one.interfaceIndex === index);
      const found = this.#neighbours.resolve(
        index,
        hops.map(({ hop }) => hop),
        RESOLVE_MS,
      );
      if (typeof found === 'number') continue;
      hops.forEach(({ hop }, at) => this.#macs.set(hopKey(index, hop), found[at] ?? null));
    }
  }
}

function fateOf(error: number): number {
  return error === ERRNO.EACCES || error === ERRNO.EPERM ? FORBIDDEN : NO_ROUTE;
}

/** Adds a host to those asked for: behind a gateway all hosts of a route go the same way. */
function ask(asked: Map<Route | number, Asked>, block: HostBlock, host: number, route: Route) {
  const key = route.gateway === null ? host : route;
  const before = asked.get(key);
  if (before !== undefined) {
    before.hosts.push(host);
    return;
  }
  const family = familyOf(block, host);
  const hop = route.gateway ?? addressOf(block, host, family);
  asked.set(key, { family, hosts: [host], route, hop });
}

function familyOf(block: HostBlock, host: number): 4 | 6 {
  return block.families[host] === 4 ? 4 : 6;
}

function addressOf(block: HostBlock, host: number, family: 4 | 6): Uint8Array {
  const at = host * ADDRESS_BYTES;
  return block.addresses.subarray(at, at + (family === 4 ? 4 : 16));
}

function hopKey(interfaceIndex: number, hop: Uint8Array): string {
  return `${interfaceIndex} ${hex(hop)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** From little-endian to the number that an IPv4 address is. */
function swap(word: number): number {
  const [a, b, c, d] = [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24];
  return a * 2 ** 24 + b * 2 ** 16 + c * 256 + d;
}

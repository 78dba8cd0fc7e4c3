import { CutsIPv4, CutsIPv6 } from './address-cuts.ts';
import { ERRNO } from './errno.ts';
import type { Libc } from './libc.ts';
import { Netlink } from './netlink.ts';
import { numberBytes, writeAttribute } from './netlink-message.ts';
import {
  type Prefix,
  ROUTE_HEADER,
  type Route,
  type RouteKind,
  RTA_DST,
  RTA_OIF,
  readRoute,
  readRoutePrefix,
  readRulePrefix,
} from './route-message.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';

const RTM_GETROUTE = 26;
const RTM_GETRULE = 34;

/** What sending gives on routes that lead nowhere (fib_props of the kernel). */
const ERRORS: Partial<Record<RouteKind, number>> = {
  blackhole: ERRNO.EINVAL,
  unreachable: ERRNO.EHOSTUNREACH,
  prohibit: ERRNO.EACCES,
  throw: ERRNO.EAGAIN,
};
/** The same the other way round: the kernel gives some answers as an error only. */
const KINDS = new Map<number, RouteKind>([
  [ERRNO.EINVAL, 'blackhole'],
  [ERRNO.EHOSTUNREACH, 'unreachable'],
  [ERRNO.EACCES, 'prohibit'],
]);

/**
 * Our source address depends on the destination's scope and label too (RFC 6724 §2.1, §3.1): no
 * interval reaches across these prefixes.
 */
const IPV6_LABELS: readonly (readonly [bigint, number])[] = [
  [0n, 96],
  [1n, 128],
  [0xffffn << 32n, 96],
  [0x2001n << 112n, 32],
  [0x2002n << 112n, 16],
  [0x3ffen << 112n, 16],
  [0xfc00n << 112n, 7],
  [0xfe80n << 112n, 10],
  [0xfec0n << 112n, 10],
  [0xff00n << 112n, 8],
];

/**
 * Which way packets go, as the kernel says: it is asked once for each run of addresses that lie in
 * the same prefixes of all its tables and rules, and the answer kept. Later changes are not seen:
 * open a new one.
 */
export class Routes {
  /**
   * True when the way depends on more than the destination (rules by source, mark, user …, or
   * source-specific routes): then an answer holds only for packets that the kernel routes itself.
   */
  readonly hasPolicyRules: boolean;
  readonly #netlink: Netlink;
  readonly #ipv4: CutsIPv4;
  readonly #ipv6: CutsIPv6;
  readonly #ipv4Routes: (Route | undefined)[];
  readonly #ipv6Routes = new Map<number, Route>();

  private constructor(netlink: Netlink, ipv4: readonly Prefix[], ipv6: readonly Prefix[]) {
    this.#netlink = netlink;
    this.hasPolicyRules = [...ipv4, ...ipv6].some(({ conditional }) => conditional);
    this.#ipv4 = new CutsIPv4(ipv4.map(({ first, length }) => [numberOf(first), length]));
    this.#ipv6 = new CutsIPv6([
      ...IPV6_LABELS,
      ...ipv6.map(({ first, length }) => [bigintOf(first), length] as const),
    ]);
    this.#ipv4Routes = Array.from({ length: this.#ipv4.count }, () => undefined);
  }

  /** Reads the tables. Negative error number on failure. */
  static open(libc: Libc): Routes | number {
    const netlink = Netlink.open(libc);
    if (typeof netlink === 'number') return netlink;
    const ipv4 = readPrefixes(netlink, AF_INET);
    const ipv6 = readPrefixes(netlink, AF_INET6);
    if (typeof ipv4 !== 'number' && typeof ipv6 !== 'number') {
      return new Routes(netlink, ipv4, ipv6);
    }
    netlink.close();
    return typeof ipv4 === 'number' ? ipv4 : Number(ipv6);
  }

  /** `address` is an unsigned number. */
  ipv4(address: number): Route {
    const interval = this.#ipv4.intervalOf(address);
    const known = this.#ipv4Routes[interval];
    if (known !== undefined) return known;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(address);
    const route = this.#ask(AF_INET, bytes, 0);
    this.#ipv4Routes[interval] = route;
    return route;
  }

  /** `address` is 16 bytes; `scope` the interface of a link-local one, 0 otherwise. */
  ipv6(address: Uint8Array, scope = 0): Route {
    const key = this.#ipv6.intervalOf(address) * 2 ** 31 + scope;
    const known = this.#ipv6Routes.get(key);
    if (known !== undefined) return known;
    const route = this.#ask(AF_INET6, address, scope);
    this.#ipv6Routes.set(key, route);
    return route;
  }

  #ask(family: number, address: Uint8Array, scope: number): Route {
    const header = Buffer.alloc(ROUTE_HEADER);
    header.set([family, address.length * 8]);
    const request = Buffer.concat([
      header,
      writeAttribute(RTA_DST, address),
      ...(scope === 0 ? [] : [writeAttribute(RTA_OIF, numberBytes(scope))]),
    ]);
    let route: Route | null = null;
    const result = this.#netlink.ask(RTM_GETROUTE, request, ({ body }) => {
      const read = readRoute(body);
      if (read !== null) route = { ...read, error: ERRORS[read.kind] ?? 0 };
    });
    return route ?? nowhere(result === 0 ? ERRNO.ENETUNREACH : -result);
  }

  close(): void {
    this.#netlink.close();
  }
}

function nowhere(error: number): Route {
  const kind = KINDS.get(error) ?? 'none';
  return { kind, interfaceIndex: 0, gateway: null, source: null, encapsulated: false, error };
}

function readPrefixes(netlink: Netlink, family: number): Prefix[] | number {
  const header = Buffer.alloc(ROUTE_HEADER);
  header[0] = family;
  const prefixes: Prefix[] = [];
  const list = (type: number, read: (body: Uint8Array) => Prefix | null) =>
    netlink.dump(type, header, ({ body }) => {
      // Without the family's own list the kernel gives those of all families.
      const prefix = body[0] === family ? read(body) : null;
      if (prefix !== null) prefixes.push(prefix);
    });
  const routes = list(RTM_GETROUTE, readRoutePrefix);
  const rules = list(RTM_GETRULE, readRulePrefix);
  // A kernel without policy routing or IPv6 has no such list.
  if (rules !== 0 && rules !== -ERRNO.EOPNOTSUPP && rules !== -ERRNO.EAFNOSUPPORT) return rules;
  return routes === 0 || routes === -ERRNO.EOPNOTSUPP ? prefixes : routes;
}

function numberOf(bytes: Uint8Array): number {
  return Buffer.from(bytes).readUInt32BE();
}

function bigintOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

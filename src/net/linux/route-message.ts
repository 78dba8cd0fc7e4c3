import { type Attributes, readAttributes, readNumber } from './netlink-message.ts';

/** Bytes of `struct rtmsg` and `struct fib_rule_hdr`, which begin alike (linux/rtnetlink.h, linux/fib_rules.h). */
export const ROUTE_HEADER = 12;
export const RTA_DST = 1;
export const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTA_VIA = 18;
const RTA_ENCAP = 22;
const FRA_DST = 1;
/** Attributes of a rule that do not choose packets, or by destination only: dst, goto, priority, suppress_prefixlen, table, pad, protocol. */
const RULE_BY_DESTINATION = new Set([FRA_DST, 4, 6, 14, 15, 18, 21]);

/** The kernel's route types (RTN_*, linux/rtnetlink.h); `none` when no route leads there. */
export type RouteKind = (typeof KINDS)[number];
const KINDS = [
  'none',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
] as const;

/** Which way packets to an address go. */
export interface Route {
  readonly kind: RouteKind;
  /** The interface they leave by; 0 when they cannot. */
  readonly interfaceIndex: number;
  /** The next hop, 4 or 16 bytes: also an IPv6 one for an IPv4 address (RFC 5549). Null when on link. */
  readonly gateway: Uint8Array | null;
  /** Our address on that way. */
  readonly source: Uint8Array | null;
  /** True when the kernel wraps packets up (MPLS, SRv6 …): only it can send them. */
  readonly encapsulated: boolean;
  /** Error number that sending there gives; 0 when it works. */
  readonly error: number;
}

/** The destination of a route or rule and its length in bits; null when it is none. */
export interface Prefix {
  /** 4 or 16 bytes. */
  readonly first: Uint8Array;
  readonly length: number;
  /** True when it is chosen by something else than the destination too. */
  readonly conditional: boolean;
}

/** Reads what RTM_GETROUTE answers for one address; null when it is no route. */
export function readRoute(body: Uint8Array): Omit<Route, 'error'> | null {
  const kind = KINDS[body[7] ?? 0];
  if (body.length < ROUTE_HEADER || kind === undefined || kind === 'none') return null;
  const attributes = readAttributes(body, ROUTE_HEADER);
  return {
    kind,
    interfaceIndex: readNumber(attributes.get(RTA_OIF)) ?? 0,
    gateway: gatewayOf(attributes),
    source: addressIn(attributes.get(RTA_PREFSRC)),
    encapsulated: attributes.has(RTA_ENCAP),
  };
}

function gatewayOf(attributes: Attributes): Uint8Array | null {
  const via = attributes.get(RTA_VIA); // struct rtvia: family, address
  return addressIn(attributes.get(RTA_GATEWAY)) ?? addressIn(via?.subarray(2));
}

/** A copy: the message's memory is used again. */
function addressIn(value: Uint8Array | undefined): Uint8Array | null {
  return value?.length === 4 || value?.length === 16 ? Uint8Array.from(value) : null;
}

/** Reads a route of a table. */
export function readRoutePrefix(body: Uint8Array): Prefix | null {
  return readPrefix(body, () => false);
}

/** Reads a rule that chooses the table (ip-rule(8)). */
export function readRulePrefix(body: Uint8Array): Prefix | null {
  const tos = body[3] !== 0;
  const inverted = ((body[8] ?? 0) & 2) !== 0; // FIB_RULE_INVERT
  return readPrefix(
    body,
    (attributes) =>
      tos || inverted || [...attributes.keys()].some((type) => !RULE_BY_DESTINATION.has(type)),
  );
}

function readPrefix(
  body: Uint8Array,
  isConditional: (attributes: Attributes) => boolean,
): Prefix | null {
  const [family, length = 0, sourceLength] = body;
  const size = family === 2 ? 4 : 16;
  if (body.length < ROUTE_HEADER || length > size * 8) return null;
  const attributes = readAttributes(body, ROUTE_HEADER);
  const first = addressIn(attributes.get(RTA_DST)) ?? new Uint8Array(size);
  if (first.length !== size) return null;
  return { first, length, conditional: sourceLength !== 0 || isConditional(attributes) };
}

import { addressText } from '../../model/address.ts';
import { ERRNO } from './errno.ts';
import type { Netlink } from './netlink.ts';
import { type Attributes, readAttributes, readNumber } from './netlink-message.ts';
import { ROUTE_HEADER, RTA_DST, RTA_OIF } from './route-message.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';

const RTM_GETROUTE = 26;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RT_TABLE_MAIN = 254;
const RTN_UNICAST = 1;
const RTM_F_CLONED = 0x200;
/** `struct rtnexthop`: length, flags, hops, index (linux/rtnetlink.h). */
const NEXT_HOP_HEADER = 8;

/** A way of the main table; a route over several devices is several. */
export interface MainRoute {
  /** CIDR. */
  readonly to: string;
  readonly interfaceIndex: number;
}

/** Reads the ways of a route; none when it is not a unicast route of the main table. */
export function readMainRoutes(body: Uint8Array): MainRoute[] {
  if (body.length < ROUTE_HEADER) return [];
  const [family, length = 0, , , table, , , kind] = body;
  const attributes = readAttributes(body, ROUTE_HEADER);
  const flags = readNumber(body, 8) ?? 0;
  if (kind !== RTN_UNICAST || (flags & RTM_F_CLONED) !== 0) return [];
  if ((readNumber(attributes.get(RTA_TABLE)) ?? table) !== RT_TABLE_MAIN) return [];
  const nothing = new Uint8Array(family === AF_INET ? 4 : 16);
  const first = addressText(attributes.get(RTA_DST) ?? nothing);
  if (first === null) return [];
  return devicesOf(attributes).map((interfaceIndex) => ({
    to: `${first}/${length}`,
    interfaceIndex,
  }));
}

function devicesOf(attributes: Attributes): number[] {
  const single = readNumber(attributes.get(RTA_OIF));
  if (single !== null) return [single];
  const hops = attributes.get(RTA_MULTIPATH) ?? new Uint8Array();
  const view = new DataView(hops.buffer, hops.byteOffset, hops.length);
  const devices: number[] = [];
  let at = 0;
  while (at + NEXT_HOP_HEADER <= hops.length) {
    devices.push(view.getInt32(at + 4, true));
    const length = view.getUint16(at, true);
    if (length < NEXT_HOP_HEADER) break;
    at += Math.ceil(length / 4) * 4;
  }
  return devices;
}

/** The main table of this network namespace, both families; a negative error number on failure. */
export function listMainRoutes(netlink: Netlink): MainRoute[] | number {
  const routes = new Map<string, MainRoute>();
  for (const family of [AF_INET, AF_INET6]) {
    const header = Buffer.alloc(ROUTE_HEADER);
    header[0] = family;
    const result = netlink.dump(RTM_GETROUTE, header, ({ body }) => {
      if (body[0] !== family) return;
      for (const route of readMainRoutes(body)) {
        routes.set(`${route.to} ${route.interfaceIndex}`, route);
      }
    });
    // a kernel without IPv6 has no such list
    const hasNone = result === -ERRNO.EOPNOTSUPP || result === -ERRNO.EAFNOSUPPORT;
    if (result !== 0 && !hasNone) return result;
  }
  return [...routes.values()];
}

import type { Libc } from './libc.ts';
import { Netlink } from './netlink.ts';
import { readAttributes, readNumber } from './netlink-message.ts';

const RTM_GETLINK = 18;
/** `struct ifinfomsg`: family, type, index, flags, change (linux/rtnetlink.h). */
const HEADER = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const ARPHRD_ETHER = 1;
const MAC_BYTES = 6;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_POINTOPOINT = 0x10;
const IFF_NOARP = 0x80;

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** ARPHRD_* (linux/if_arp.h): 1 Ethernet, 772 loopback, 65534 none (tun, WireGuard). */
  readonly hardwareType: number;
  /** Its link address; empty when it has none. */
  readonly address: Uint8Array;
  /** Largest IP packet in bytes. */
  readonly mtu: number;
  readonly up: boolean;
  readonly loopback: boolean;
  readonly pointToPoint: boolean;
  /** True when it resolves no link addresses. */
  readonly noArp: boolean;
}

/** Reads an interface out of RTM_NEWLINK; null when it is none. */
export function readLink(body: Uint8Array): Link | null {
  const index = readNumber(body, 4);
  const flags = readNumber(body, 8);
  if (body.length < HEADER || index === null || flags === null) return null;
  const attributes = readAttributes(body, HEADER);
  const name = attributes.get(IFLA_IFNAME) ?? new Uint8Array();
  return {
    index,
    name: Buffer.from(name).toString('utf8').replace(/\0.*$/s, ''),
    hardwareType: (body[2] ?? 0) | ((body[3] ?? 0) << 8),
    address: Uint8Array.from(attributes.get(IFLA_ADDRESS) ?? []),
    mtu: readNumber(attributes.get(IFLA_MTU)) ?? 0,
    up: (flags & IFF_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    pointToPoint: (flags & IFF_POINTOPOINT) !== 0,
    noArp: (flags & IFF_NOARP) !== 0,
  };
}

/** Whether frames for it begin with an Ethernet header whose destination ARP or ND tells. */
export function speaksEthernet(link: Link): boolean {
  const ethernet = link.hardwareType === ARPHRD_ETHER && link.address.length === MAC_BYTES;
  return ethernet && link.up && !link.loopback && !link.pointToPoint && !link.noArp;
}

/** All interfaces of this network namespace by index; a negative error number on failure. */
export function readLinks(libc: Libc): Map<number, Link> | number {
  const netlink = Netlink.open(libc);
  if (typeof netlink === 'number') return netlink;
  const links = listLinks(netlink);
  netlink.close();
  return links;
}

/** The same, of the namespace that `netlink` was opened in. */
export function listLinks(netlink: Netlink): Map<number, Link> | number {
  const links = new Map<number, Link>();
  const result = netlink.dump(RTM_GETLINK, new Uint8Array(HEADER), ({ body }) => {
    const link = readLink(body);
    if (link !== null) links.set(link.index, link);
  });
  return result === 0 ? links : result;
}

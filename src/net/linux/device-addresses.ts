import { addressText } from '../../model/address.ts';
import type { Netlink } from './netlink.ts';
import { readAttributes, readNumber } from './netlink-message.ts';

const RTM_GETADDR = 22;
/** `struct ifaddrmsg`: family, prefix length, flags, scope, index (linux/if_addr.h). */
const HEADER = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;

export interface DeviceAddress {
  readonly interfaceIndex: number;
  /** Canonical text without zone. */
  readonly address: string;
  readonly prefix: number;
}

/** Reads an address out of RTM_NEWADDR; null when it is none. */
export function readDeviceAddress(body: Uint8Array): DeviceAddress | null {
  const interfaceIndex = readNumber(body, 4);
  if (body.length < HEADER || interfaceIndex === null) return null;
  const attributes = readAttributes(body, HEADER);
  // of a point-to-point device IFA_ADDRESS is the peer's
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS) ?? new Uint8Array();
  const address = addressText(bytes);
  return address === null ? null : { interfaceIndex, address, prefix: body[1] ?? 0 };
}

/** All addresses of this network namespace; a negative error number on failure. */
export function listAddresses(netlink: Netlink): DeviceAddress[] | number {
  const addresses = new Map<string, DeviceAddress>();
  const result = netlink.dump(RTM_GETADDR, new Uint8Array(HEADER), ({ body }) => {
    const read = readDeviceAddress(body);
    if (read !== null) addresses.set(`${read.interfaceIndex} ${read.address}/${read.prefix}`, read);
  });
  return result === 0 ? [...addresses.values()] : result;
}

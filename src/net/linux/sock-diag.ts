import { addressText } from '../../model/address.ts';
import type { Transport } from '../../model/port.ts';
import type { Libc } from './libc.ts';
import { NETLINK_SOCK_DIAG, Netlink } from './netlink.ts';
import { readAttributes } from './netlink-message.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';

/** `struct inet_diag_req_v2` and `struct inet_diag_msg` (linux/inet_diag.h); numbers sock_diag(7). */
const SOCK_DIAG_BY_FAMILY = 20;
const REQUEST_BYTES = 56;
const MESSAGE_BYTES = 72;
const INET_DIAG_SKV6ONLY = 11;
const INET_DIAG_CGROUP_ID = 21;
const PROTOCOLS = { tcp: 6, udp: 17 } as const;

/** States of a socket (net/tcp_states.h); UDP uses two of them. */
export const SOCKET_STATES = { established: 1, close: 7, listen: 10 } as const;

/** A TCP or UDP socket as the kernel describes it. */
export interface DiagSocket {
  readonly transport: Transport;
  /** Of the socket, not of its addresses: those of an IPv6 socket may be IPv4-mapped. */
  readonly family: 4 | 6;
  /** Canonical text without zone; an IPv4-mapped address as the IPv4 one. */
  readonly local: string;
  readonly port: number;
  readonly remote: string;
  readonly remotePort: number;
  /** Index of the device it is tied to; 0 for none. */
  readonly interfaceIndex: number;
  readonly uid: number;
  readonly inode: number;
  /** IPV6_V6ONLY; null where the kernel did not say. */
  readonly v6only: boolean | null;
  /** Id of the version-2 control group it was made in; null where the kernel did not say. */
  readonly cgroup: bigint | null;
}

/** Reads a socket out of an answer; null when it is none. */
export function readDiagSocket(body: Uint8Array, transport: Transport): DiagSocket | null {
  const family = familyOf(body[0]);
  if (body.length < MESSAGE_BYTES || family === null) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const attributes = readAttributes(body, MESSAGE_BYTES);
  const bytes = family === 4 ? 4 : 16;
  const v6only = attributes.get(INET_DIAG_SKV6ONLY)?.[0];
  return {
    transport,
    family,
    port: view.getUint16(4),
    remotePort: view.getUint16(6),
    local: addressText(body.subarray(8, 8 + bytes)) ?? '',
    remote: addressText(body.subarray(24, 24 + bytes)) ?? '',
    interfaceIndex: view.getUint32(40, true),
    uid: view.getUint32(64, true),
    inode: view.getUint32(68, true),
    v6only: v6only === undefined ? null : v6only !== 0,
    cgroup: readWide(attributes.get(INET_DIAG_CGROUP_ID)),
  };
}

function familyOf(number: number | undefined): 4 | 6 | null {
  if (number === AF_INET) return 4;
  return number === AF_INET6 ? 6 : null;
}

function readWide(value: Uint8Array | undefined): bigint | null {
  if (value?.length !== 8) return null;
  return new DataView(value.buffer, value.byteOffset, value.length).getBigUint64(0, true);
}

function request(family: number, transport: Transport, states: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes.set([family, PROTOCOLS[transport]]);
  bytes.writeUInt32LE(
    states.reduce((mask, state) => mask | (1 << state), 0),
    4,
  );
  return bytes;
}

/**
 * All sockets of this network namespace with one of these states; a negative error number on
 * failure (ENOENT on a kernel without the module).
 */
export function readDiagSockets(
  netlink: Netlink,
  transport: Transport,
  states: readonly number[],
): DiagSocket[] | number {
  const sockets = new Map<string, DiagSocket>();
  for (const family of [AF_INET, AF_INET6]) {
    const asked = request(family, transport, states);
    const result = netlink.dump(SOCK_DIAG_BY_FAMILY, asked, ({ body }) => {
      const socket = readDiagSocket(body, transport);
      if (socket !== null) sockets.set(cookie(body), socket);
    });
    if (result !== 0) return result;
  }
  return [...sockets.values()];
}

/** The kernel's own name of a socket: a list that is read twice has it twice. */
function cookie(body: Uint8Array): string {
  return Buffer.from(body.subarray(44, 52)).toString('latin1');
}

/** Negative error number on failure. */
export function openSockDiag(libc: Libc): Netlink | number {
  return Netlink.open(libc, NETLINK_SOCK_DIAG);
}

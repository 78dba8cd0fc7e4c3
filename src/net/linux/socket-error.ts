import type { Reason } from '../../model/port.ts';
import { type Libc, type Memory, rawBuffer } from './libc.ts';

const SO_EE_ORIGIN_ICMP = 2;
const SO_EE_ORIGIN_ICMP6 = 3;
const ICMP_UNREACHABLE = 3;
const ICMP6_UNREACHABLE = 1;
const MSG_ERRQUEUE = 0x2000;

/** ICMP destination unreachable by code (RFC 792, RFC 1812 §5.2.7.1). */
const ICMP_CODES: readonly Reason[] = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-unreachable',
  'icmp-unreachable',
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-admin-prohibited',
];
/** ICMPv6 destination unreachable by code (RFC 4443 §3.1: 5 and 6 are kinds of 1). */
const ICMP6_CODES: readonly Reason[] = [
  'icmp-net-unreachable',
  'icmp-admin-prohibited',
  'icmp-unreachable',
  'icmp-host-unreachable',
  'icmp-port-unreachable',
  'icmp-admin-prohibited',
  'icmp-admin-prohibited',
];

/** Bytes of a `cmsghdr` before its data on 64-bit Linux: length 8, level 4, type 4. */
const CMSG_HEADER = 16;

/**
 * What an ICMP message said, out of the control data of `recvmsg(MSG_ERRQUEUE)`: a `cmsghdr` with a
 * `sock_extended_err` (ip(7), IP_RECVERR). Null when it holds no ICMP error.
 */
export function readIcmpReason(control: Uint8Array): Reason | null {
  if (control.length < CMSG_HEADER + 8) return null;
  const origin = control[CMSG_HEADER + 4];
  const type = control[CMSG_HEADER + 5];
  const code = control[CMSG_HEADER + 6] ?? 0;
  if (origin === SO_EE_ORIGIN_ICMP) {
    return (type === ICMP_UNREACHABLE ? ICMP_CODES[code] : undefined) ?? 'icmp-unreachable';
  }
  if (origin === SO_EE_ORIGIN_ICMP6) {
    return (type === ICMP6_UNREACHABLE ? ICMP6_CODES[code] : undefined) ?? 'icmp-unreachable';
  }
  return null;
}

const HEADER = 56;
const CONTROL = 256;
const CONTROL_AT = 512;

/** Reads the error queues of sockets through one reused `msghdr` (recvmsg(2), 64-bit layout). */
export class ErrorQueue {
  readonly #libc: Libc;
  readonly #memory: Memory = rawBuffer(1024);

  constructor(libc: Libc) {
    this.#libc = libc;
    const base = libc.addressOf(this.#memory);
    this.#memory.writeBigUInt64LE(base + BigInt(HEADER + 8), 16); // msg_iov
    this.#memory.writeBigUInt64LE(1n, 24); // msg_iovlen
    this.#memory.writeBigUInt64LE(base + BigInt(CONTROL_AT), 32); // msg_control
    this.#memory.writeBigUInt64LE(base + BigInt(CONTROL), HEADER + 8); // iov_base: the packet, unread
    this.#memory.writeBigUInt64LE(64n, HEADER + 16); // iov_len
  }

  /** The ICMP error waiting at `fd`, or null. */
  icmp(fd: number): Reason | null {
    this.#memory.writeUInt32LE(CONTROL, 40); // msg_controllen
    if (this.#libc.recvmsg(fd, this.#memory, MSG_ERRQUEUE) < 0) return null;
    const length = Math.min(CONTROL, this.#memory.readUInt32LE(40));
    return readIcmpReason(this.#memory.subarray(CONTROL_AT, CONTROL_AT + length));
  }
}

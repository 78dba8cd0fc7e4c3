import type { Reason } from '../../model/port.ts';
import { icmpReason } from '../icmp.ts';
import { type Libc, type Memory, rawBuffer } from './libc.ts';

const SO_EE_ORIGIN_ICMP = 2;
const SO_EE_ORIGIN_ICMP6 = 3;
const MSG_ERRQUEUE = 0x2000;

/** Bytes of a `cmsghdr` before its data on 64-bit Linux: length 8, level 4, type 4. */
const CMSG_HEADER = 16;

/**
 * What an ICMP message said, out of the control data of `recvmsg(MSG_ERRQUEUE)`: a `cmsghdr` with a
 * `sock_extended_err` (ip(7), IP_RECVERR). Null when it holds no ICMP error.
 */
export function readIcmpReason(control: Uint8Array): Reason | null {
  if (control.length < CMSG_HEADER + 8) return null;
  const origin = control[CMSG_HEADER + 4];
  const type = control[CMSG_HEADER + 5] ?? 0;
  const code = control[CMSG_HEADER + 6] ?? 0;
  if (origin === SO_EE_ORIGIN_ICMP) return icmpReason(4, type, code);
  return origin === SO_EE_ORIGIN_ICMP6 ? icmpReason(6, type, code) : null;
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

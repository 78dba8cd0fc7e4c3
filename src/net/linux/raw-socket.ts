import { type Libc, rawBuffer } from './libc.ts';

export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOL_SOCKET = 1;
const SOCK_CLOEXEC = 0x80000;

/** A blocking descriptor, closed on exec; negative error number on failure (EPERM without CAP_NET_RAW). */
export function openSocket(libc: Libc, family: number, type: number, protocol: number): number {
  const fd = libc.socket(family, type | SOCK_CLOEXEC, protocol);
  return fd < 0 ? -libc.errno() : fd;
}

/** Sets an `int` option; returns whether the kernel took it. */
export function setOption(
  libc: Libc,
  fd: number,
  level: number,
  option: number,
  value: number,
): boolean {
  const memory = rawBuffer(4);
  memory.writeInt32LE(value, 0);
  return libc.setsockopt(fd, level, option, memory, 4) === 0;
}

/** Bounds every blocking call on the socket (`SO_SNDTIMEO`, `SO_RCVTIMEO`), which then fails with EAGAIN. */
export function setTimeLimit(libc: Libc, fd: number, option: number, milliseconds: number): void {
  const timeval = rawBuffer(16);
  timeval.writeBigInt64LE(BigInt(Math.trunc(milliseconds / 1000)), 0);
  timeval.writeBigInt64LE(BigInt((milliseconds % 1000) * 1000), 8);
  libc.setsockopt(fd, SOL_SOCKET, option, timeval, 16);
}

/** A `sockaddr_ll` (packet(7)): interface 0 means all, protocol is an Ethernet type, 0 receives nothing. */
export function bindToInterface(libc: Libc, fd: number, index: number, protocol: number): number {
  const address = rawBuffer(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(protocol, 2);
  address.writeInt32LE(index, 4);
  return libc.bind(fd, address, 20) === 0 ? 0 : -libc.errno();
}

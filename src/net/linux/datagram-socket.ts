import type { Reason } from '../../model/port.ts';
import { ERRNO } from './errno.ts';
import { type Libc, type Memory, rawBuffer } from './libc.ts';
import { ADDRESS_ROOM, PacketBatch } from './packet-batch.ts';
import { AF_INET, PORT_OFFSET, type SocketAddress } from './sockaddr.ts';
import { readIcmpReason } from './socket-error.ts';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_IPV6 = 41;
const IPV6_RECVERR = 25;
/** The real length of a datagram that did not fit (recvmsg(2)). */
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;

/** Answers and ICMP errors that may wait in the kernel; more than root may have without force is cut to rmem_max. */
const BUFFER_BYTES = 8 * 1024 * 1024;
const SLOTS = 64;
/** Largest payload sent: what passes an Ethernet link in one piece. */
const SENT_BYTES = 1472;
const KEPT_BYTES = 4096;
/** Calls in one look: a flood of answers must not keep the thread. */
const MOST_BATCHES = 32;
const MOST_ERRORS = 2048;
/** An ICMP error of any earlier datagram makes the next call fail, once each. */
const MOST_STALE = 64;

const HEADER = 56;
const NAME_AT = 64;
const VECTOR_AT = 96;
const CONTROL_AT = 128;
const CONTROL = 256;
/** `sock_extended_err` follows the `cmsghdr`, and the offender's address that. */
const OFFENDER_AT = 32;

/** Which end of a datagram: the bytes of the address as text of Latin-1, and the port. */
export interface Endpoint {
  readonly key: string;
  readonly port: number;
}

/** An ICMP error about a datagram of ours. */
export interface DatagramError extends Endpoint {
  readonly reason: Reason;
  /** The host itself said so, no router on the way. */
  readonly fromHost: boolean;
}

/** Address bytes of a `sockaddr_in` or `sockaddr_in6`, with the interface where it is link-local. */
export function endpointKey(address: Uint8Array): string {
  if (address[0] === AF_INET) return latin1(address.subarray(4, 8));
  const local = address[8] === 0xfe && ((address[9] ?? 0) & 0xc0) === 0x80;
  return latin1(address.subarray(8, local ? 28 : 24));
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function portIn(address: Uint8Array): number {
  return ((address[PORT_OFFSET] ?? 0) << 8) | (address[PORT_OFFSET + 1] ?? 0);
}

/**
 * Reads one message of the error queue (ip(7), IP_RECVERR): `name` is where our datagram went,
 * `control` a `cmsghdr` with a `sock_extended_err` and the offender's address. Null when no ICMP
 * error is told.
 */
export function readDatagramError(name: Uint8Array, control: Uint8Array): DatagramError | null {
  const reason = readIcmpReason(control);
  if (reason === null) return null;
  const key = endpointKey(name);
  const offender = control.subarray(OFFENDER_AT);
  const fromHost = offender.length >= 8 && offender[0] === name[0] && endpointKey(offender) === key;
  return { key, port: portIn(name), reason, fromHost };
}

interface Outgoing {
  readonly to: SocketAddress;
  readonly port: number;
}

/** One unconnected UDP socket: datagrams out and in by the batch, and its error queue. */
export class DatagramSocket {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #out: PacketBatch;
  readonly #in: PacketBatch;
  readonly #error: Memory = rawBuffer(CONTROL_AT + CONTROL);
  readonly #queued: Outgoing[] = [];
  #localPort = 0;

  /** `fd` is a negative error number when there is no socket to be had. */
  constructor(libc: Libc, family: SocketAddress['family']) {
    this.#libc = libc;
    const fd = libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    this.fd = fd < 0 ? -libc.errno() : fd;
    this.#out = new PacketBatch(libc, { slots: SLOTS, slotBytes: SENT_BYTES }, ADDRESS_ROOM);
    this.#in = new PacketBatch(libc, { slots: SLOTS, slotBytes: KEPT_BYTES }, ADDRESS_ROOM);
    this.#layOutError();
    if (fd >= 0) this.#setUp(family);
  }

  #setUp(family: SocketAddress['family']): void {
    const value = rawBuffer(8);
    value.writeInt32LE(1);
    if (family === AF_INET) this.#libc.setsockopt(this.fd, SOL_IP, IP_RECVERR, value, 4);
    else this.#libc.setsockopt(this.fd, SOL_IPV6, IPV6_RECVERR, value, 4);
    value.writeInt32LE(BUFFER_BYTES);
    const forced = this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, value, 4);
    if (forced !== 0) this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, value, 4);
  }

  #layOutError(): void {
    const base = this.#libc.addressOf(this.#error);
    this.#error.writeBigUInt64LE(base + BigInt(NAME_AT), 0); // msg_name
    this.#error.writeBigUInt64LE(base + BigInt(VECTOR_AT), 16); // msg_iov
    this.#error.writeBigUInt64LE(0n, 24); // msg_iovlen: the packet itself is not read
    this.#error.writeBigUInt64LE(base + BigInt(CONTROL_AT), 32); // msg_control
  }

  /** The port that the kernel gave it with its first datagram; 0 before. */
  localPort(): number {
    if (this.#localPort !== 0) return this.#localPort;
    const name = rawBuffer(ADDRESS_ROOM);
    const length = rawBuffer(8);
    length.writeUInt32LE(ADDRESS_ROOM, 0);
    if (this.#libc.getsockname(this.fd, name, length) === 0) this.#localPort = portIn(name);
    return this.#localPort;
  }

  /** Takes a datagram for the next `flush`; false when the batch is full. */
  queue(to: SocketAddress, port: number, payload: Uint8Array): boolean {
    const slot = this.#queued.length;
    if (slot === SLOTS) return false;
    const at = this.#out.addressAt(slot);
    const { memory } = this.#out;
    to.bytes.copy(memory, at);
    memory[at + PORT_OFFSET] = port >> 8;
    memory[at + PORT_OFFSET + 1] = port & 0xff;
    memory.writeUInt32LE(to.bytes.length, slot * (HEADER + 8) + 8); // msg_namelen
    const sent = payload.subarray(0, SENT_BYTES);
    memory.set(sent, this.#out.packetAt(slot));
    this.#out.setLength(slot, sent.length);
    this.#queued.push({ to, port });
    return true;
  }

  /**
   * Sends what was queued. `onError` receives ICMP errors of earlier datagrams that came in the way,
   * `onFailed` each datagram that our own side could not send, with the error number.
   */
  flush(
    onError: (error: DatagramError) => void,
    onFailed: (to: SocketAddress, port: number, errno: number) => void,
  ): void {
    const count = this.#queued.length;
    let slot = 0;
    let stale = 0;
    while (slot < count) {
      const sent = this.#libc.sendmmsg(this.fd, this.#out.from(slot), count - slot, MSG_DONTWAIT);
      if (sent > 0) {
        slot += sent;
        stale = 0;
        continue;
      }
      const errno = this.#libc.errno();
      // the error of an earlier datagram, not of this one
      if (this.errors(onError) > 0 && stale < MOST_STALE) {
        stale += 1;
        continue;
      }
      const failed = this.#queued[slot];
      if (failed !== undefined) onFailed(failed.to, failed.port, errno);
      slot += 1;
    }
    this.#queued.length = 0;
  }

  /**
   * Hands over what has come in; `length` is that of the whole datagram. Returns true when there may
   * be more.
   */
  receive(onDatagram: (from: Endpoint, payload: Uint8Array, length: number) => void): boolean {
    let stale = 0;
    for (let batch = 0; batch < MOST_BATCHES; ) {
      for (let slot = 0; slot < SLOTS; slot++) {
        this.#in.memory.writeUInt32LE(ADDRESS_ROOM, slot * (HEADER + 8) + 8);
      }
      const flags = MSG_DONTWAIT | MSG_TRUNC;
      const count = this.#libc.recvmmsg(this.fd, this.#in.memory, SLOTS, flags, null);
      if (count < 0) {
        stale += 1;
        if (this.#libc.errno() === ERRNO.EAGAIN || stale > MOST_STALE) return false;
        continue;
      }
      for (let slot = 0; slot < count; slot++) this.#hand(slot, onDatagram);
      if (count < SLOTS) return false;
      batch += 1;
    }
    return true;
  }

  #hand(
    slot: number,
    onDatagram: (from: Endpoint, payload: Uint8Array, length: number) => void,
  ): void {
    const { memory } = this.#in;
    const at = this.#in.addressAt(slot);
    const address = memory.subarray(at, at + ADDRESS_ROOM);
    const length = this.#in.moved(slot);
    const from = this.#in.packetAt(slot);
    const payload = Uint8Array.from(memory.subarray(from, from + Math.min(length, KEPT_BYTES)));
    onDatagram({ key: endpointKey(address), port: portIn(address) }, payload, length);
  }

  /** Empties the error queue; returns how many messages it held. */
  errors(onError: (error: DatagramError) => void): number {
    for (let count = 0; count < MOST_ERRORS; count++) {
      this.#error.writeUInt32LE(ADDRESS_ROOM, 8); // msg_namelen
      this.#error.writeUInt32LE(CONTROL, 40); // msg_controllen
      if (this.#libc.recvmsg(this.fd, this.#error, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return count;
      const length = Math.min(CONTROL, this.#error.readUInt32LE(40));
      const name = this.#error.subarray(NAME_AT, NAME_AT + ADDRESS_ROOM);
      const error = readDatagramError(name, this.#error.subarray(CONTROL_AT, CONTROL_AT + length));
      if (error !== null) onError(error);
    }
    return MOST_ERRORS;
  }

  close(): void {
    if (this.fd >= 0) this.#libc.close(this.fd);
  }
}

import { ERRNO } from './errno.ts';
import type { Libc, Memory } from './libc.ts';
import { type BatchShape, PacketBatch } from './packet-batch.ts';
import {
  AF_PACKET,
  bindToInterface,
  openSocket,
  SOCK_RAW,
  SOL_SOCKET,
  setOption,
  setTimeLimit,
} from './raw-socket.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';

const SO_SNDTIMEO = 21;
export const SO_SNDBUFFORCE = 32;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const IPPROTO_RAW = 255;
/** Room for packets between us and the card: thousands of small ones. */
export const SEND_BUFFER = 4 << 20;
/** Longest that one call waits for that room. */
export const SEND_LIMIT_MS = 100;
/** Offsets of the destination in the IP headers, in 32-bit words. */
const IPV4_DESTINATION = 4;
const IPV6_DESTINATION = 6;

/** What both senders have in common: slots to write packets to, and one call that sends a run of them. */
export interface BatchSender {
  /** Packets per call at most. */
  readonly slots: number;
  /** Room of a slot in bytes. */
  readonly slotBytes: number;
  /**
   * The memory all slots lie in; what is written stays until it is written over. To write while the
   * card still reads is safe when runs go through the slots in turn and are a quarter of them at most.
   */
  readonly bytes: Memory;
  /** Error number of the packet that the last `send` stopped at; 0 when it took all. */
  readonly error: number;
  /** Packets in all that the interface threw away after they had been taken, as far as it tells. */
  readonly dropped: number;
  /** Where slot `slot` begins in `bytes`. */
  packetAt(slot: number): number;
  /**
   * Says that the packet in `slot` is written and `length` bytes long. `scope` is the index of the
   * interface a link-local IPv6 destination lies behind; only `RawIpSender` needs it.
   */
  seal(slot: number, length: number, scope?: number): void;
  /**
   * Sends the sealed slots `first` … `first + count - 1` in order and returns how many the kernel
   * took. When fewer, `error` tells what slot `first + sent` met: EAGAIN (no room for 100 ms),
   * ENOBUFS (the card's queue is full), ENETDOWN, ENXIO (the interface is gone), EPERM (our own
   * firewall), EMSGSIZE, and for raw sockets what routing says (ENETUNREACH, EACCES, EINVAL …).
   */
  send(first: number, count: number): number;
  close(): void;
}

abstract class Sender implements BatchSender {
  error = 0;
  readonly dropped = 0;
  readonly slots: number;
  readonly slotBytes: number;
  readonly bytes: Memory;
  protected readonly batch: PacketBatch;
  readonly #libc: Libc;
  readonly #fd: number;

  protected constructor(libc: Libc, fd: number, batch: PacketBatch) {
    this.#libc = libc;
    this.#fd = fd;
    this.batch = batch;
    this.slots = batch.slots;
    this.slotBytes = batch.slotBytes;
    this.bytes = batch.memory;
    setOption(libc, fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
    setTimeLimit(libc, fd, SO_SNDTIMEO, SEND_LIMIT_MS);
  }

  abstract seal(slot: number, length: number, scope?: number): void;

  packetAt(slot: number): number {
    return this.batch.packetAt(slot);
  }

  send(first: number, count: number): number {
    let sent = 0;
    this.error = 0;
    while (sent < count) {
      const taken = this.#libc.sendmmsg(this.#fd, this.batch.from(first + sent), count - sent, 0);
      // A call that took some keeps the error to itself: the next one meets it again.
      if (taken > 0) sent += taken;
      else if (!this.#interrupted()) return sent;
    }
    return sent;
  }

  #interrupted(): boolean {
    const error = this.#libc.errno();
    if (error === ERRNO.EINTR) return true;
    this.error = error;
    return false;
  }

  close(): void {
    this.#libc.release(this.#fd);
  }
}

/** Sends whole link-layer frames out of one interface, past routing and queueing disciplines (packet(7)). */
export class PacketSender extends Sender {
  /** Negative error number on failure: EPERM without CAP_NET_RAW, ENODEV when there is no such interface. */
  static open(libc: Libc, interfaceIndex: number, shape: BatchShape): PacketSender | number {
    const fd = openSocket(libc, AF_PACKET, SOCK_RAW, 0);
    if (fd < 0) return fd;
    const bound = bindToInterface(libc, fd, interfaceIndex, 0);
    if (bound < 0) {
      libc.close(fd);
      return bound;
    }
    setOption(libc, fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
    return new PacketSender(libc, fd, new PacketBatch(libc, shape, 0));
  }

  seal(slot: number, length: number): void {
    this.batch.setLength(slot, length);
  }
}

/**
 * Sends whole IP packets through the kernel's routing (raw(7)): IPPROTO_RAW implies that the header
 * is ours, for IPv6 too (Linux 4.5). The kernel fills in an IPv4 header's checksum and length.
 */
export class RawIpSender extends Sender {
  readonly #family: 4 | 6;

  private constructor(libc: Libc, fd: number, batch: PacketBatch, family: 4 | 6) {
    super(libc, fd, batch);
    this.#family = family;
    for (let slot = 0; slot < batch.slots; slot++) {
      batch.memory[batch.addressAt(slot)] = family === 4 ? AF_INET : AF_INET6;
    }
  }

  /** Negative error number on failure: EPERM without CAP_NET_RAW, EAFNOSUPPORT without IPv6. */
  static open(libc: Libc, family: 4 | 6, shape: BatchShape): RawIpSender | number {
    const [domain, length] = family === 4 ? [AF_INET, 16] : [AF_INET6, 28];
    const fd = openSocket(libc, domain, SOCK_RAW, IPPROTO_RAW);
    if (fd < 0) return fd;
    return new RawIpSender(libc, fd, new PacketBatch(libc, shape, length), family);
  }

  seal(slot: number, length: number, scope = 0): void {
    this.batch.setLength(slot, length);
    const { words } = this.batch;
    const packet = this.batch.packetAt(slot) >> 2;
    const address = this.batch.addressAt(slot) >> 2;
    if (this.#family === 4) {
      words[address + 1] = words[packet + IPV4_DESTINATION] ?? 0;
      return;
    }
    words.copyWithin(address + 2, packet + IPV6_DESTINATION, packet + IPV6_DESTINATION + 4);
    words[address + 6] = scope;
  }
}

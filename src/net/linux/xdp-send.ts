import { ERRNO } from './errno.ts';
import { type Libc, type Memory, rawBuffer } from './libc.ts';
import type { BatchShape } from './packet-batch.ts';
import {
  type BatchSender,
  PacketSender,
  SEND_BUFFER,
  SEND_LIMIT_MS,
  SO_SNDBUFFORCE,
} from './raw-send.ts';
import { SOL_SOCKET, setOption } from './raw-socket.ts';
import { XdpRings } from './xdp-rings.ts';

const MSG_DONTWAIT = 0x40;
const EBUSY = 16;
const ALIGN = 64;
const BUSY_ATTEMPTS = 5;
const BUSY_PAUSE_MS = 10;
/** Looks at a ring before sleeping for a millisecond. */
const SPINS = 2000;

/**
 * Sends whole link-layer frames out of one interface through AF_XDP, a third faster than
 * AF_PACKET: no message header is read per packet. A device may read a slot after `send` has
 * returned (virtio does), so runs are at most a quarter of the slots and go through them in turn.
 */
export class XdpSender implements BatchSender {
  error = 0;
  readonly slots: number;
  readonly slotBytes: number;
  readonly bytes: Memory;
  dropped = 0;
  readonly #libc: Libc;
  readonly #rings: XdpRings;
  readonly #lengths: Uint16Array;
  readonly #nothing = rawBuffer(8);

  private constructor(libc: Libc, rings: XdpRings, slots: number, slotBytes: number) {
    this.#libc = libc;
    this.#rings = rings;
    this.slots = slots;
    this.slotBytes = slotBytes;
    this.bytes = rings.memory;
    this.#lengths = new Uint16Array(slots);
    setOption(libc, rings.fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
  }

  /** Negative error number on failure: EPERM, EBUSY (another socket has the queue), EOPNOTSUPP … */
  static open(libc: Libc, interfaceIndex: number, shape: BatchShape): XdpSender | number {
    const slotBytes = Math.ceil(shape.slotBytes / ALIGN) * ALIGN;
    const size = 2 ** Math.ceil(Math.log2(Math.max(32, shape.slots)));
    const rings = XdpRings.open(libc, interfaceIndex, size, shape.slots * slotBytes);
    return typeof rings === 'number' ? rings : new XdpSender(libc, rings, shape.slots, slotBytes);
  }

  packetAt(slot: number): number {
    return this.#rings.start + slot * this.slotBytes;
  }

  seal(slot: number, length: number): void {
    this.#lengths[slot] = length;
  }

  /** After an error it sends no more: open another. */
  send(first: number, count: number): number {
    if (this.error !== 0) return 0;
    const before = this.#rings.produced;
    for (let index = 0; index < count; index++) {
      const slot = first + index;
      this.#rings.put(before + index, slot * this.slotBytes, this.#lengths[slot] ?? 0);
    }
    this.#rings.produce(count);
    this.error = this.#push();
    if (this.error !== 0) return Math.min(count, (this.#rings.consumed - before) >>> 0);
    this.#waitForRoom();
    return count;
  }

  /** Has the kernel take all that is in the ring. Returns the error number that stopped it. */
  #push(): number {
    let [last, idle] = [this.#rings.consumed, 0];
    while (this.#libc.send(this.#rings.fd, this.#nothing, 0, MSG_DONTWAIT) < 0) {
      const error = this.#libc.errno();
      if (error === EBUSY) this.dropped += 1;
      else if (error !== ERRNO.EAGAIN && error !== ERRNO.ENOBUFS && error !== ERRNO.EINTR) {
        return error;
      }
      this.#rings.takeCompleted();
      const { consumed } = this.#rings;
      if (consumed !== last || error === EBUSY) [last, idle] = [consumed, 0];
      else if (idle++ >= SEND_LIMIT_MS) return error;
      else this.#libc.poll(this.#nothing, 0, 1);
    }
    return 0;
  }

  /** Until at most half of the slots may still be read. Bounded: a card that hangs fails the next run. */
  #waitForRoom(): void {
    const { produced } = this.#rings;
    for (let look = 0; look < SPINS + SEND_LIMIT_MS; look++) {
      const reading = (produced - this.#rings.takeCompleted()) >>> 0;
      if (reading <= this.slots / 2) return;
      if (look >= SPINS) this.#libc.poll(this.#nothing, 0, 1);
    }
  }

  close(): void {
    this.#rings.close(this.#libc);
  }
}

/** The fastest way to send frames out of an interface that can be had. Negative error number when there is none. */
export function openFrameSender(
  libc: Libc,
  interfaceIndex: number,
  shape: BatchShape,
): BatchSender | number {
  for (let attempt = 0; attempt < BUSY_ATTEMPTS; attempt++) {
    const sender = XdpSender.open(libc, interfaceIndex, shape);
    // A socket that was just closed keeps the queue for some milliseconds.
    if (sender !== -EBUSY) {
      return typeof sender === 'number' ? PacketSender.open(libc, interfaceIndex, shape) : sender;
    }
    libc.poll(rawBuffer(8), 0, BUSY_PAUSE_MS);
  }
  return PacketSender.open(libc, interfaceIndex, shape);
}

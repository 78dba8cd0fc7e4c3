import { type Libc, type Memory, rawBuffer } from './libc.ts';

/** Bytes of `struct mmsghdr`, `struct iovec` and the room for one socket address, 64-bit layout. */
const HEADER = 64;
const VECTOR = 16;
export const ADDRESS_ROOM = 32;
const ALIGN = 64;

export interface BatchShape {
  /** Packets per system call. The kernel takes at most 1,024 (UIO_MAXIOV). */
  readonly slots: number;
  /** Room per packet in bytes; rounded up to a multiple of 64. */
  readonly slotBytes: number;
}

/**
 * Memory of `sendmmsg` and `recvmmsg`, laid out once: `mmsghdr`s, one `iovec` and one socket address
 * per packet, then the packets. All offsets count from the start of `memory`.
 */
export class PacketBatch {
  readonly slots: number;
  readonly slotBytes: number;
  readonly memory: Memory;
  /** The same memory as 32-bit words. */
  readonly words: Uint32Array;
  readonly #vectorsAt: number;
  readonly #addressesAt: number;
  readonly #packetsAt: number;

  /** `addressLength` is what `msg_namelen` says at first; 0 leaves the address out. */
  constructor(libc: Libc, { slots, slotBytes }: BatchShape, addressLength: number) {
    this.slots = slots;
    this.slotBytes = Math.ceil(slotBytes / ALIGN) * ALIGN;
    this.#vectorsAt = slots * HEADER;
    this.#addressesAt = this.#vectorsAt + slots * VECTOR;
    this.#packetsAt = Math.ceil((this.#addressesAt + slots * ADDRESS_ROOM) / ALIGN) * ALIGN;
    this.memory = rawBuffer(this.#packetsAt + slots * this.slotBytes);
    this.words = new Uint32Array(this.memory.buffer);
    const base = libc.addressOf(this.memory);
    for (let slot = 0; slot < slots; slot++) this.#layOut(base, slot, addressLength);
  }

  #layOut(base: bigint, slot: number, addressLength: number): void {
    const header = slot * HEADER;
    const vector = this.#vectorsAt + slot * VECTOR;
    if (addressLength > 0) {
      this.memory.writeBigUInt64LE(base + BigInt(this.addressAt(slot)), header); // msg_name
      this.memory.writeUInt32LE(addressLength, header + 8); // msg_namelen
    }
    this.memory.writeBigUInt64LE(base + BigInt(vector), header + 16); // msg_iov
    this.memory.writeBigUInt64LE(1n, header + 24); // msg_iovlen
    this.memory.writeBigUInt64LE(base + BigInt(this.packetAt(slot)), vector); // iov_base
    this.memory.writeBigUInt64LE(BigInt(this.slotBytes), vector + 8); // iov_len
  }

  packetAt(slot: number): number {
    return this.#packetsAt + slot * this.slotBytes;
  }

  addressAt(slot: number): number {
    return this.#addressesAt + slot * ADDRESS_ROOM;
  }

  /** Sets `iov_len`. */
  setLength(slot: number, bytes: number): void {
    this.words[(this.#vectorsAt + slot * VECTOR + 8) >> 2] = bytes;
  }

  /** `msg_len`: bytes that the kernel took from or put into the slot. */
  moved(slot: number): number {
    return this.words[(slot * HEADER + 56) >> 2] ?? 0;
  }

  /** The array of `mmsghdr` from `slot` on, for the call. */
  from(slot: number): Memory {
    return slot === 0 ? this.memory : this.memory.subarray(slot * HEADER);
  }
}

import { type Libc, type Mapping, type Memory, rawBuffer } from './libc.ts';
import { openSocket, SOCK_RAW, setOption } from './raw-socket.ts';

/** linux/if_xdp.h */
const AF_XDP = 44;
const SOL_XDP = 283;
const XDP_MMAP_OFFSETS = 1;
const XDP_TX_RING = 3;
const XDP_UMEM_REG = 4;
const XDP_UMEM_FILL_RING = 5;
const XDP_UMEM_COMPLETION_RING = 6;
const XDP_MAX_TX_SKB_BUDGET = 9;
const XDP_COPY = 2;
const PGOFF_TX_RING = 0x80000000;
const PGOFF_COMPLETION_RING = 0x180000000;
const CHUNK = 2048;
const PAGE = 4096;
const DESCRIPTOR = 16;
/** Four times producer, consumer, descriptors and flags, 8 bytes each; Linux before 5.4 has no flags. */
const OFFSETS = 128;
const TX_OFFSETS = 32;
const COMPLETION_OFFSETS = 96;
const EOPNOTSUPP = 95;

interface Ring {
  readonly mapping: Mapping;
  readonly producer: number;
  readonly consumer: number;
  readonly entries: number;
}

/**
 * The rings of an AF_XDP socket that only sends, by copy and without a program on the interface
 * (Documentation/networking/af_xdp.rst). The kernel reads them within our own calls only.
 */
export class XdpRings {
  readonly fd: number;
  /**
   * The packets lie in here, from `start` on. The kernel pins it; that a fork of ours does not part
   * the two takes Linux 5.10.
   */
  readonly memory: Memory;
  readonly start: number;
  readonly #mask: number;
  readonly #tx: Ring;
  readonly #completion: Ring;
  #txWords: Uint32Array;
  #completionWords: Uint32Array;

  private constructor(
    fd: number,
    size: number,
    memory: Memory,
    start: number,
    rings: [Ring, Ring],
  ) {
    this.fd = fd;
    this.memory = memory;
    this.start = start;
    this.#mask = size - 1;
    [this.#tx, this.#completion] = rings;
    this.#txWords = new Uint32Array(this.#tx.mapping.memory);
    this.#completionWords = new Uint32Array(this.#completion.mapping.memory);
  }

  /**
   * Rings of `size` entries (a power of 2) on queue 0 of an interface, and `bytes` for packets.
   * Negative error number on failure: EPERM, EBUSY (another socket has the queue), EOPNOTSUPP.
   */
  static open(libc: Libc, interfaceIndex: number, size: number, bytes: number): XdpRings | number {
    const fd = openSocket(libc, AF_XDP, SOCK_RAW, 0);
    if (fd < 0) return fd;
    const length = Math.ceil(bytes / PAGE) * PAGE;
    const memory = rawBuffer(length + PAGE);
    const address = libc.addressOf(memory);
    const start = (PAGE - Number(address % BigInt(PAGE))) % PAGE;
    const rings = setUp(libc, fd, interfaceIndex, size, address + BigInt(start), length);
    if (typeof rings !== 'number') return new XdpRings(fd, size, memory, start, rings);
    libc.close(fd);
    return rings;
  }

  /** Puts a packet `bytes` long, at `offset` from `start`, into the ring as number `index` of all. */
  put(index: number, offset: number, bytes: number): void {
    const at = (this.#tx.entries + (index & this.#mask) * DESCRIPTOR) >> 2;
    this.#txWords[at] = offset;
    this.#txWords[at + 2] = bytes;
  }

  /** Hands over `count` packets put in. */
  produce(count: number): void {
    this.#txWords[this.#tx.producer >> 2] = (this.produced + count) >>> 0;
  }

  /** Packets handed over, and of these taken by the kernel, since the start, modulo 2^32. */
  get produced(): number {
    return this.#txWords[this.#tx.producer >> 2] ?? 0;
  }

  get consumed(): number {
    return this.#txWords[this.#tx.consumer >> 2] ?? 0;
  }

  /** Packets that the card has done with since the start, modulo 2^32. */
  takeCompleted(): number {
    const completed = this.#completionWords[this.#completion.producer >> 2] ?? 0;
    this.#completionWords[this.#completion.consumer >> 2] = completed;
    return completed;
  }

  close(libc: Libc): void {
    this.#txWords = new Uint32Array();
    this.#completionWords = new Uint32Array();
    this.#tx.mapping.unmap();
    this.#completion.mapping.unmap();
    libc.release(this.fd);
  }
}

function setUp(
  libc: Libc,
  fd: number,
  interfaceIndex: number,
  size: number,
  address: bigint,
  length: number,
): [Ring, Ring] | number {
  const registered =
    register(libc, fd, address, length) &&
    setOption(libc, fd, SOL_XDP, XDP_UMEM_FILL_RING, 1) &&
    setOption(libc, fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, size) &&
    setOption(libc, fd, SOL_XDP, XDP_TX_RING, size);
  if (!registered) return -libc.errno();
  // Packets per call are 32 where the kernel does not know this one (before Linux 6.17).
  setOption(libc, fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, size);
  const rings = mapRings(libc, fd, size);
  if (typeof rings === 'number') return rings;
  const bound = bindToQueue(libc, fd, interfaceIndex);
  if (bound === 0) return rings;
  for (const { mapping } of rings) mapping.unmap();
  return bound;
}

/** `struct xdp_umem_reg` */
function register(libc: Libc, fd: number, address: bigint, length: number): boolean {
  const region = rawBuffer(32);
  region.writeBigUInt64LE(address, 0);
  region.writeBigUInt64LE(BigInt(length), 8);
  region.writeUInt32LE(CHUNK, 16);
  return libc.setsockopt(fd, SOL_XDP, XDP_UMEM_REG, region, 32) === 0;
}

function mapRings(libc: Libc, fd: number, size: number): [Ring, Ring] | number {
  const offsets = rawBuffer(OFFSETS);
  const given = rawBuffer(4);
  given.writeUInt32LE(OFFSETS, 0);
  if (libc.getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, offsets, given) !== 0) return -libc.errno();
  if (given.readUInt32LE(0) !== OFFSETS) return -EOPNOTSUPP;
  const ring = (at: number, entryBytes: number, page: number): Ring | null => {
    const [producer = 0, consumer = 0, entries = 0] = [0, 8, 16].map((field) =>
      Number(offsets.readBigUInt64LE(at + field)),
    );
    const mapping = libc.map(fd, entries + size * entryBytes, page);
    return mapping === null ? null : { mapping, producer, consumer, entries };
  };
  const tx = ring(TX_OFFSETS, DESCRIPTOR, PGOFF_TX_RING);
  if (tx === null) return -libc.errno();
  const completion = ring(COMPLETION_OFFSETS, 8, PGOFF_COMPLETION_RING);
  if (completion !== null) return [tx, completion];
  const error = libc.errno();
  tx.mapping.unmap();
  return -error;
}

/** `struct sockaddr_xdp`: family, flags, interface, queue 0. */
function bindToQueue(libc: Libc, fd: number, interfaceIndex: number): number {
  const address = rawBuffer(16);
  address.writeUInt16LE(AF_XDP, 0);
  address.writeUInt16LE(XDP_COPY, 2);
  address.writeUInt32LE(interfaceIndex, 4);
  return libc.bind(fd, address, 16) === 0 ? 0 : -libc.errno();
}

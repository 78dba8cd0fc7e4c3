import {
  type AnswerFilter,
  answersIPv4,
  answersIPv6,
  type Instruction,
  writeProgram,
} from './bpf.ts';
import { ERRNO } from './errno.ts';
import { type Libc, type Memory, rawBuffer } from './libc.ts';
import { ADDRESS_ROOM, PacketBatch } from './packet-batch.ts';
import {
  AF_PACKET,
  bindToInterface,
  openSocket,
  SOCK_DGRAM,
  SOL_SOCKET,
  setOption,
} from './raw-socket.ts';

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const MSG_DONTWAIT = 0x40;
const POLLIN = 1;
const BATCH = 512;
/** Room for some 100,000 small packets: the kernel doubles it and counts about a kilobyte for each. */
const RECEIVE_BUFFER = 64 << 20;
/** Offset of `sll_ifindex` in `struct sockaddr_ll`, in words. */
const INTERFACE_WORD = 1;

/**
 * Takes one packet. It lies at `offset`, `length` bytes long and perhaps cut short, in `bytes`, which
 * is written over when the call has returned. `interfaceIndex` is where it came in.
 */
export type OnPacket = (
  bytes: Memory,
  offset: number,
  length: number,
  family: 4 | 6,
  interfaceIndex: number,
) => void;

/**
 * Receives what comes in on every interface (loopback, tun and WireGuard too) and passes a filter in
 * the kernel, from the IP header on. Packets that we send are not seen, but for those to ourselves.
 */
export class PacketReceiver {
  readonly #libc: Libc;
  readonly #fds: readonly [number, number];
  readonly #batch: PacketBatch;
  readonly #polled: Memory = rawBuffer(16);
  readonly #statistics: Memory = rawBuffer(16);

  private constructor(libc: Libc, fds: readonly [number, number], keep: number) {
    this.#libc = libc;
    this.#fds = fds;
    this.#batch = new PacketBatch(libc, { slots: BATCH, slotBytes: keep }, ADDRESS_ROOM);
    fds.forEach((fd, index) => {
      this.#polled.writeInt32LE(fd, index * 8);
      this.#polled.writeUInt16LE(POLLIN, index * 8 + 4);
    });
  }

  /** Listens from now on, with room for `bufferBytes` per family. Negative error number on failure: EPERM without CAP_NET_RAW. */
  static open(
    libc: Libc,
    filter: AnswerFilter,
    bufferBytes = RECEIVE_BUFFER,
  ): PacketReceiver | number {
    const ipv4 = openFiltered(libc, ETH_P_IP, answersIPv4(filter), bufferBytes);
    if (ipv4 < 0) return ipv4;
    const ipv6 = openFiltered(libc, ETH_P_IPV6, answersIPv6(filter), bufferBytes);
    if (ipv6 >= 0) return new PacketReceiver(libc, [ipv4, ipv6], filter.keep);
    libc.close(ipv4);
    return ipv6;
  }

  /**
   * Waits at most `timeoutMs` for packets and hands over those that are there, at most 512 of each
   * family. Returns how many there were, or a negative error number (ENETDOWN when an interface went
   * down; the next call goes on).
   */
  receive(timeoutMs: number, onPacket: OnPacket): number {
    const ready = this.#libc.poll(this.#polled, 2, timeoutMs);
    if (ready < 0) {
      const error = this.#libc.errno();
      return error === ERRNO.EINTR ? 0 : -error;
    }
    if (ready === 0) return 0;
    const ipv4 = this.#take(0, 4, onPacket);
    const ipv6 = this.#take(1, 6, onPacket);
    return Math.min(ipv4, ipv6) < 0 ? Math.min(ipv4, ipv6) : ipv4 + ipv6;
  }

  #take(index: 0 | 1, family: 4 | 6, onPacket: OnPacket): number {
    const batch = this.#batch;
    if (this.#polled.readUInt16LE(index * 8 + 6) === 0) return 0;
    const fd = this.#fds[index];
    const count = this.#libc.recvmmsg(fd, batch.memory, BATCH, MSG_DONTWAIT, null);
    if (count < 0) {
      const error = this.#libc.errno();
      return error === ERRNO.EAGAIN || error === ERRNO.EINTR ? 0 : -error;
    }
    for (let slot = 0; slot < count; slot++) {
      const from = batch.words[(batch.addressAt(slot) >> 2) + INTERFACE_WORD] ?? 0;
      onPacket(batch.memory, batch.packetAt(slot), batch.moved(slot), family, from);
    }
    return count;
  }

  /** Packets that passed the filter and were lost for want of room since the last call (`tp_drops`). */
  takeDrops(): number {
    let drops = 0;
    for (const fd of this.#fds) {
      this.#statistics.writeUInt32LE(8, 8);
      const length = this.#statistics.subarray(8);
      const asked = this.#libc.getsockopt(
        fd,
        SOL_PACKET,
        PACKET_STATISTICS,
        this.#statistics,
        length,
      );
      if (asked === 0) drops += this.#statistics.readUInt32LE(4);
    }
    return drops;
  }

  close(): void {
    for (const fd of this.#fds) this.#libc.release(fd);
  }
}

/** A socket receives nothing before it is bound to a protocol: nothing gets past the filter. */
function openFiltered(
  libc: Libc,
  protocol: number,
  program: readonly Instruction[],
  bufferBytes: number,
): number {
  const fd = openSocket(libc, AF_PACKET, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  if (!setOption(libc, fd, SOL_SOCKET, SO_RCVBUFFORCE, bufferBytes)) {
    setOption(libc, fd, SOL_SOCKET, SO_RCVBUF, bufferBytes);
  }
  const failure = attach(libc, fd, program) || bindToInterface(libc, fd, 0, protocol);
  if (failure === 0) return fd;
  libc.close(fd);
  return failure;
}

/** `struct sock_fprog` (length, pointer) and the program behind it, in one piece so that both live. */
function attach(libc: Libc, fd: number, program: readonly Instruction[]): number {
  const memory = rawBuffer(16 + program.length * 8);
  memory.writeUInt16LE(program.length, 0);
  memory.writeBigUInt64LE(libc.addressOf(memory) + 16n, 8);
  writeProgram(program, memory, 16);
  return libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, memory, 16) === 0 ? 0 : -libc.errno();
}

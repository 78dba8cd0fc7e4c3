import { type Libc, type Memory, rawBuffer } from './libc.ts';
import { AF_INET, PORT_OFFSET, type SocketAddress } from './sockaddr.ts';

const AF_UNSPEC = 0;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SOL_TCP = 6;
const TCP_INFO = 11;
/** Offset of `tcpi_rtt` (microseconds) in `struct tcp_info` (linux/tcp.h). */
const TCPI_RTT_AT = 68;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_IPV6 = 41;
const IPV6_RECVERR = 25;
const RLIMIT_NOFILE = 7;

/** Calls on TCP sockets through reused memory. Failures are error numbers; none throws. */
export class TcpSockets {
  readonly #libc: Libc;
  readonly #one: Memory = rawBuffer(8);
  readonly #linger: Memory = rawBuffer(8);
  readonly #value: Memory = rawBuffer(256);
  readonly #length: Memory = rawBuffer(8);
  /** A `sockaddr` of family AF_UNSPEC. */
  readonly #nobody: Memory = rawBuffer(16);

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#one.writeInt32LE(1, 0);
    this.#linger.writeInt32LE(1, 0); // on, for 0 seconds
    this.#nobody.writeUInt16LE(AF_UNSPEC, 0);
  }

  /** A non-blocking socket that keeps ICMP errors apart from refusals; negative error number on failure. */
  open(family: number): number {
    const fd = this.#libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -this.#libc.errno();
    if (family === AF_INET) this.#libc.setsockopt(fd, SOL_IP, IP_RECVERR, this.#one, 4);
    else this.#libc.setsockopt(fd, SOL_IPV6, IPV6_RECVERR, this.#one, 4);
    return fd;
  }

  /** 0 when it connected at once, otherwise the error number (EINPROGRESS as a rule). */
  connect(fd: number, to: SocketAddress, port: number): number {
    to.bytes[PORT_OFFSET] = port >> 8;
    to.bytes[PORT_OFFSET + 1] = port & 0xff;
    return this.#libc.connect(fd, to.bytes, to.bytes.length) === 0 ? 0 : this.#libc.errno();
  }

  /**
   * The error of a connect that failed; the socket is free for another connect afterwards. A second
   * connect(2) tells the error and unconnects in one call (Linux, `__inet_stream_connect`), where
   * SO_ERROR and AF_UNSPEC would take two. Comes before the error queue is read, which clears the error.
   */
  takeFailure(fd: number, to: SocketAddress): number {
    return this.#libc.connect(fd, to.bytes, to.bytes.length) === 0 ? 0 : this.#libc.errno();
  }

  /** The kernel's round trip of the handshake in milliseconds; null when it could not tell. */
  handshakeMs(fd: number): number | null {
    this.#length.writeUInt32LE(TCPI_RTT_AT + 4, 0);
    this.#value.writeUInt32LE(0, TCPI_RTT_AT);
    if (this.#libc.getsockopt(fd, SOL_TCP, TCP_INFO, this.#value, this.#length) !== 0) return null;
    const microseconds = this.#value.readUInt32LE(TCPI_RTT_AT);
    return microseconds === 0 ? null : microseconds / 1000;
  }

  /** True when the socket is connected to itself: own address and port equal the peer's. */
  isSelf(fd: number, to: SocketAddress, port: number): boolean {
    this.#length.writeUInt32LE(28, 0);
    if (this.#libc.getsockname(fd, this.#value, this.#length) !== 0) return false;
    if (this.#value.readUInt16BE(PORT_OFFSET) !== port) return false;
    const [from, end] = to.family === AF_INET ? [4, 8] : [8, 24];
    return this.#value.compare(to.bytes, from, end, from, end) === 0;
  }

  /**
   * Closes a connected socket with RST (SO_LINGER 0), as connect scanners do: neither side keeps
   * TIME_WAIT, and a service that has not accepted yet drops the connection from its queue.
   */
  reset(fd: number): void {
    this.#libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, this.#linger, 8);
    this.#libc.close(fd);
  }

  /**
   * Ends a connection with RST as `reset` does, and the socket is free for another connect: one call
   * (connect(2) with AF_UNSPEC; Linux, `tcp_disconnect`) where making it anew would take five.
   * Returns success.
   */
  unconnect(fd: number): boolean {
    return this.#libc.connect(fd, this.#nobody, this.#nobody.length) === 0;
  }

  close(fd: number): void {
    this.#libc.close(fd);
  }

  /** Descriptors this process may have open at once (soft limit; Node raises it to the hard one at start). */
  descriptorLimit(): number {
    if (this.#libc.getrlimit(RLIMIT_NOFILE, this.#value) !== 0) return 1024;
    return Number(this.#value.readBigUInt64LE(0));
  }
}

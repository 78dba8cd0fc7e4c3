import { readdirSync } from 'node:fs';
import { EPOLLERR, Epoll } from '../../net/linux/epoll.ts';
import { ERRNO } from '../../net/linux/errno.ts';
import type { Libc } from '../../net/linux/libc.ts';
import { AF_INET, AF_INET6, encodeAddress, type SocketAddress } from '../../net/linux/sockaddr.ts';
import { ErrorQueue } from '../../net/linux/socket-error.ts';
import { TcpSockets } from '../../net/linux/tcp-socket.ts';
import {
  type Answer,
  CLOSED,
  type Dialer,
  NO_FAMILY,
  NO_PORTS,
  OPEN,
  OTHER,
  SELF,
  SILENT,
  type Sink,
  UNREACHABLE,
} from './dialer.ts';
import { LOCAL_ERRORS } from './errno-answers.ts';
import { Pause } from './pause.ts';

/** Sockets at once, whatever the limit: more brings no speed and costs kernel memory. */
const MAX_SOCKETS = 8192;
/** Descriptors left to the rest of the process: a quarter, at most this many. */
const MAX_RESERVE = 512;
/** Sockets kept for use again. */
const MAX_IDLE = 128;
/** Looks at the sockets farther apart than this say nothing about round trips. */
const STALE_MS = 50;

const LOCAL: ReadonlyMap<number, Answer> = new Map([
  ...LOCAL_ERRORS,
  [ERRNO.EADDRNOTAVAIL, NO_PORTS],
  [ERRNO.EAGAIN, NO_PORTS],
]);

/** What a socket is at: its descriptor is the index in the table. Written anew for each attempt. */
interface Attempt {
  /** NONE when nothing is under way. */
  slot: number;
  target: SocketAddress;
  port: number;
  sentAt: number;
}

const NONE = -1;

/**
 * Non-blocking connects watched by epoll. One per run.
 *
 * A socket that was refused or reset is used again: making and closing sockets costs more than connecting.
 */
export class EpollDialer implements Dialer<SocketAddress> {
  readonly name = 'epoll';
  readonly capacity: number;
  readonly #libc: Libc;
  readonly #sockets: TcpSockets;
  readonly #errors: ErrorQueue;
  readonly #epoll: Epoll;
  readonly #pause = new Pause();
  /** Attempts by descriptor, and descriptors by slot. */
  readonly #attempts: Attempt[] = [];
  readonly #fds: number[] = [];
  readonly #idle: Record<SocketAddress['family'], number[]> = { [AF_INET]: [], [AF_INET6]: [] };
  #lookedAt = 0;
  #closed = false;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#sockets = new TcpSockets(libc);
    this.#errors = new ErrorQueue(libc);
    this.capacity = room(this.#sockets.descriptorLimit());
    this.#epoll = new Epoll(libc);
  }

  target(address: string): SocketAddress | Answer {
    return encodeAddress(address, (zone) => this.#libc.interfaceIndex(zone)) ?? NO_FAMILY;
  }

  dial(slot: number, target: SocketAddress, port: number): Answer | null {
    if (this.#closed) return null;
    const used = this.#idle[target.family].pop();
    const fd = used ?? this.#open(target.family);
    if (fd < 0) return LOCAL.get(-fd) ?? OTHER;
    const sentAt = performance.now();
    const error = this.#sockets.connect(fd, target, port);
    if (error === ERRNO.EINPROGRESS && (used !== undefined || this.#epoll.add(fd))) {
      this.#begin(fd, slot, target, port, sentAt);
      return null;
    }
    const answer = this.#atOnce(fd, target, port, error);
    this.#sockets.reset(fd);
    return answer;
  }

  #begin(fd: number, slot: number, target: SocketAddress, port: number, sentAt: number): void {
    this.#fds[slot] = fd;
    const attempt = this.#attempts[fd];
    if (attempt === undefined) {
      this.#attempts[fd] = { slot, target, port, sentAt };
      return;
    }
    attempt.slot = slot;
    attempt.target = target;
    attempt.port = port;
    attempt.sentAt = sentAt;
  }

  drop(slot: number): void {
    const fd = this.#fds[slot] ?? NONE;
    const attempt = this.#attempts[fd];
    if (attempt === undefined) return;
    attempt.slot = NONE;
    this.#fds[slot] = NONE;
    this.#sockets.close(fd);
  }

  collect(sink: Sink): void {
    if (this.#closed) return;
    const now = performance.now();
    const fresh = now - this.#lookedAt < STALE_MS;
    this.#lookedAt = now;
    this.#epoll.poll((fd, flags) => this.#event(fd, flags, fresh ? now : null, sink));
  }

  wait(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const done = this.#pause.wait(ms);
    this.#lookedAt = performance.now() + ms;
    this.#epoll.notify(() => this.wake());
    return done.finally(() => {
      if (!this.#closed) this.#epoll.ignore();
    });
  }

  wake(): void {
    this.#pause.end();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#attempts.forEach(({ slot }, fd) => {
      if (slot !== NONE) this.#sockets.reset(fd);
    });
    this.#attempts.length = 0;
    this.#closeIdle();
    this.#epoll.close();
    this.#pause.end();
  }

  /** A new socket; idle ones of the other family make room for it when descriptors ran out. */
  #open(family: SocketAddress['family']): number {
    const fd = this.#sockets.open(family);
    return fd < 0 && this.#closeIdle() > 0 ? this.#sockets.open(family) : fd;
  }

  #closeIdle(): number {
    const idle = [...this.#idle[AF_INET].splice(0), ...this.#idle[AF_INET6].splice(0)];
    for (const fd of idle) this.#sockets.close(fd);
    return idle.length;
  }

  #event(fd: number, flags: number, now: number | null, sink: Sink): void {
    const attempt = this.#attempts[fd];
    if (attempt === undefined || attempt.slot === NONE) return;
    const { slot, target, port } = attempt;
    const failed = (flags & EPOLLERR) !== 0;
    const answer = failed ? this.#failed(fd, target) : this.#connected(fd, target, port);
    const exact = answer === OPEN ? this.#sockets.handshakeMs(fd) : null;
    const rttMs = exact ?? (now === null ? null : now - attempt.sentAt);
    this.#end(fd, attempt, failed ? answer === CLOSED : this.#unconnected(fd, answer));
    if (rttMs === null || answer.state === 'local-error') sink(slot, answer);
    else sink(slot, answer, rttMs);
  }

  #atOnce(fd: number, target: SocketAddress, port: number, error: number): Answer {
    if (error === 0) return this.#connected(fd, target, port);
    if (error === ERRNO.ECONNREFUSED) return CLOSED;
    return LOCAL.get(error) ?? OTHER;
  }

  #connected(fd: number, target: SocketAddress, port: number): Answer {
    return this.#sockets.isSelf(fd, target, port) ? SELF : OPEN;
  }

  /**
   * Why a connection did not come about. A reset after the handshake still means that it was open.
   * When ARP or neighbour discovery fails for a host on our own link, the kernel sends itself the
   * ICMP error that a last router would send (RFC 1812 §5.2.7.1): the same fact, told the same way.
   */
  #failed(fd: number, target: SocketAddress): Answer {
    const error = this.#sockets.takeFailure(fd, target);
    if (error === ERRNO.ECONNRESET || error === ERRNO.EPIPE) return OPEN;
    const icmp = this.#errors.icmp(fd);
    if (icmp !== null) return { state: 'unreachable', reason: icmp };
    if (error === ERRNO.ECONNREFUSED) return CLOSED;
    if (error === ERRNO.ETIMEDOUT) return SILENT;
    if (error === ERRNO.EHOSTUNREACH || error === ERRNO.ENETUNREACH) return UNREACHABLE;
    return LOCAL.get(error) ?? OTHER;
  }

  /** `clean`: unconnected, and no ICMP error is left in its queue for the next attempt to find. */
  #end(fd: number, attempt: Attempt, clean: boolean): void {
    this.#fds[attempt.slot] = NONE;
    attempt.slot = NONE;
    const idle = this.#idle[attempt.target.family];
    if (clean && idle.length < MAX_IDLE) idle.push(fd);
    else this.#sockets.reset(fd);
  }

  #unconnected(fd: number, answer: Answer): boolean {
    return answer === OPEN && this.#sockets.unconnect(fd);
  }
}

/** Sockets that may be open at once next to what the process holds already. */
function room(limit: number): number {
  const reserve = Math.min(MAX_RESERVE, Math.floor(limit / 4));
  return Math.max(1, Math.min(MAX_SOCKETS, limit - openDescriptors() - reserve));
}

function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 64;
  }
}

import { readdirSync } from 'node:fs';
import { EPOLLERR, Epoll } from '../../net/linux/epoll.ts';
import { ERRNO } from '../../net/linux/errno.ts';
import type { Libc } from '../../net/linux/libc.ts';
import { encodeAddress, type SocketAddress } from '../../net/linux/sockaddr.ts';
import { ErrorQueue } from '../../net/linux/socket-error.ts';
import { TcpSockets } from '../../net/linux/tcp-socket.ts';
import { type Answer, CLOSED, type Dialer, OPEN, SELF, SILENT, type Sink } from './dialer.ts';
import { Pause } from './pause.ts';

/** Sockets at once, whatever the limit: more brings no speed and costs kernel memory. */
const MAX_SOCKETS = 8192;
/** Descriptors left to the rest of the process: a quarter, at most this many. */
const MAX_RESERVE = 512;
/** Looks at the sockets farther apart than this say nothing about round trips. */
const STALE_MS = 50;

const NO_FAMILY: Answer = { state: 'local-error', reason: 'address-family' };
const NO_ROUTE: Answer = { state: 'local-error', reason: 'no-route' };
const FORBIDDEN: Answer = { state: 'local-error', reason: 'permission' };
const OTHER: Answer = { state: 'local-error', reason: 'other-local' };
const NO_DESCRIPTORS: Answer = { state: 'short', reason: 'descriptors' };
const NO_PORTS: Answer = { state: 'short', reason: 'source-ports' };
const NO_MEMORY: Answer = { state: 'short', reason: 'memory' };

/** What a call that failed at once says: always about our own side. */
const LOCAL: ReadonlyMap<number, Answer> = new Map([
  [ERRNO.EMFILE, NO_DESCRIPTORS],
  [ERRNO.ENFILE, NO_DESCRIPTORS],
  [ERRNO.ENOBUFS, NO_MEMORY],
  [ERRNO.ENOMEM, NO_MEMORY],
  [ERRNO.EADDRNOTAVAIL, NO_PORTS],
  [ERRNO.EAGAIN, NO_PORTS],
  [ERRNO.EAFNOSUPPORT, NO_FAMILY],
  [ERRNO.ENETUNREACH, NO_ROUTE],
  [ERRNO.EHOSTUNREACH, NO_ROUTE],
  [ERRNO.ENETDOWN, NO_ROUTE],
  [ERRNO.EINVAL, NO_ROUTE], // `ip route add blackhole`
  [ERRNO.EPERM, FORBIDDEN],
  [ERRNO.EACCES, FORBIDDEN],
]);

/** Non-blocking connects watched by epoll. One per run. */
export class EpollDialer implements Dialer<SocketAddress> {
  readonly name = 'epoll';
  readonly capacity: number;
  readonly #libc: Libc;
  readonly #sockets: TcpSockets;
  readonly #errors: ErrorQueue;
  readonly #epoll: Epoll;
  readonly #pause = new Pause();
  readonly #fds: number[] = [];
  readonly #targets: (SocketAddress | undefined)[] = [];
  readonly #ports: number[] = [];
  readonly #sentAt: number[] = [];
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
    const fd = this.#sockets.open(target.family);
    if (fd < 0) return LOCAL.get(-fd) ?? OTHER;
    this.#fds[slot] = fd;
    this.#targets[slot] = target;
    this.#ports[slot] = port;
    this.#sentAt[slot] = performance.now();
    const error = this.#sockets.connect(fd, target, port);
    if (error === ERRNO.EINPROGRESS && this.#epoll.add(fd, slot)) return null;
    const answer = this.#atOnce(fd, target, port, error);
    this.#end(slot, answer);
    return answer;
  }

  drop(slot: number): void {
    this.#end(slot, SILENT);
  }

  collect(sink: Sink): void {
    if (this.#closed) return;
    const now = performance.now();
    const fresh = now - this.#lookedAt < STALE_MS;
    this.#lookedAt = now;
    this.#epoll.poll((slot, flags) => this.#event(slot, flags, fresh ? now : null, sink));
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
    for (const fd of this.#fds) if (fd >= 0) this.#sockets.reset(fd);
    this.#fds.length = 0;
    this.#epoll.close();
    this.#pause.end();
  }

  #event(slot: number, flags: number, now: number | null, sink: Sink): void {
    const fd = this.#fds[slot] ?? -1;
    const target = this.#targets[slot];
    if (fd < 0 || target === undefined) return;
    const port = this.#ports[slot] ?? 0;
    const answer = (flags & EPOLLERR) === 0 ? this.#connected(fd, target, port) : this.#failed(fd);
    const exact = answer === OPEN ? this.#sockets.handshakeMs(fd) : null;
    const measured = now === null ? null : now - (this.#sentAt[slot] ?? now);
    const rttMs = exact ?? measured;
    this.#end(slot, answer);
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

  /** Why a connection did not come about. A reset after the handshake still means that it was open. */
  #failed(fd: number): Answer {
    const error = this.#sockets.error(fd);
    if (error === ERRNO.ECONNRESET || error === ERRNO.EPIPE) return OPEN;
    const icmp = this.#errors.icmp(fd);
    if (icmp !== null) return { state: 'unreachable', reason: icmp };
    if (error === ERRNO.ECONNREFUSED) return CLOSED;
    if (error === ERRNO.ETIMEDOUT) return SILENT;
    if (error === ERRNO.EHOSTUNREACH || error === ERRNO.ENETUNREACH) {
      return { state: 'unreachable', reason: 'icmp-unreachable' };
    }
    return LOCAL.get(error) ?? OTHER;
  }

  #end(slot: number, answer: Answer): void {
    const fd = this.#fds[slot] ?? -1;
    if (fd < 0) return;
    this.#fds[slot] = -1;
    this.#targets[slot] = undefined;
    if (answer.state === 'open' || answer.state === 'self') this.#sockets.reset(fd);
    else this.#sockets.close(fd);
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

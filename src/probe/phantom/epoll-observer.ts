import { EPOLLERR, Epoll } from '../../net/linux/epoll.ts';
import { ERRNO } from '../../net/linux/errno.ts';
import { type Libc, type Memory, rawBuffer } from '../../net/linux/libc.ts';
import { encodeAddress, type SocketAddress } from '../../net/linux/sockaddr.ts';
import { TcpSockets } from '../../net/linux/tcp-socket.ts';
import { type Glance, type GlanceRequest, type Observer, withoutConnection } from './glance.ts';
import { type Line, type LineFacts, Looking } from './looking.ts';

const BUFFER_BYTES = 16_384;
/** Reads of one connection in a row, so that an endless banner does not starve the others. */
const MAX_READS = 4;

/** How a connect failed, as the quick look names it. All other numbers are about our own side. */
const FAILURES: ReadonlyMap<number, 'refused' | 'silent' | 'unreachable'> = new Map([
  [ERRNO.ECONNREFUSED, 'refused'],
  [ERRNO.ETIMEDOUT, 'silent'],
  [ERRNO.EHOSTUNREACH, 'unreachable'],
  [ERRNO.EHOSTDOWN, 'unreachable'],
  [ERRNO.ENETUNREACH, 'unreachable'],
]);

interface Watched {
  readonly looking: Looking;
  readonly to: SocketAddress;
  readonly port: number;
  stands: boolean;
}

/**
 * Quick looks through non-blocking sockets and epoll: getsockopt(TCP_INFO) tells the peer's window
 * and what it has acknowledged. Watches its descriptors only while a look is under way.
 */
export class EpollObserver implements Observer {
  readonly #libc: Libc;
  readonly #sockets: TcpSockets;
  readonly #buffer: Memory = rawBuffer(BUFFER_BYTES);
  readonly #watched = new Map<number, Watched>();
  #epoll: Epoll | null = null;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#sockets = new TcpSockets(libc);
  }

  glance(request: GlanceRequest): Promise<Glance> {
    const to = encodeAddress(request.address, (zone) => this.#libc.interfaceIndex(zone));
    const fd = to === null ? -1 : this.#sockets.open(to.family);
    if (to === null || fd < 0) return Promise.resolve(withoutConnection('local'));
    return new Promise((resolve) => {
      const cancel = (): void => looking.failed('local');
      const looking = new Looking(request, (glance) => {
        request.signal.removeEventListener('abort', cancel);
        this.#forget(fd);
        resolve(glance);
      });
      request.signal.addEventListener('abort', cancel, { once: true });
      this.#connect(fd, { looking, to, port: request.port, stands: false });
    });
  }

  #connect(fd: number, watched: Watched): void {
    this.#watched.set(fd, watched);
    const error = this.#sockets.connect(fd, watched.to, watched.port);
    const begun = error === 0 || error === ERRNO.EINPROGRESS;
    if (!begun || !this.#listening().add(fd)) {
      watched.looking.failed(FAILURES.get(error) ?? 'local');
    }
  }

  #listening(): Epoll {
    if (this.#epoll !== null) return this.#epoll;
    const epoll = new Epoll(this.#libc);
    epoll.notify(() => epoll.poll((fd, flags) => this.#event(fd, flags)));
    this.#epoll = epoll;
    return epoll;
  }

  /** Closes a socket; with the last one the epoll too, so that nothing keeps the process alive. */
  #forget(fd: number): void {
    if (!this.#watched.delete(fd)) return;
    this.#sockets.reset(fd);
    if (this.#watched.size > 0) return;
    const epoll = this.#epoll;
    this.#epoll = null;
    setImmediate(() => epoll?.close()); // not from within its own poll
  }

  #event(fd: number, flags: number): void {
    const watched = this.#watched.get(fd);
    if (watched === undefined) return;
    if (!watched.stands && !this.#stand(fd, flags, watched)) return;
    this.#read(fd, watched);
  }

  /** Whether the connection stands now; tells the look either way. */
  #stand(fd: number, flags: number, watched: Watched): boolean {
    const { looking, to, port } = watched;
    if ((flags & EPOLLERR) !== 0) {
      const error = this.#sockets.takeFailure(fd, to);
      if (error !== ERRNO.ECONNRESET && error !== ERRNO.EPIPE) {
        looking.failed(FAILURES.get(error) ?? 'local');
        return false;
      }
      // only an established connection can be reset; the kernel has forgotten its facts
      looking.connected({ ...this.#line(fd), facts: () => ({}) });
      looking.ended('reset');
      return false;
    }
    if (this.#sockets.isSelf(fd, to, port)) {
      looking.failed('refused');
      return false;
    }
    watched.stands = true;
    looking.connected(this.#line(fd));
    return true;
  }

  #read(fd: number, { looking }: Watched): void {
    for (let reads = 0; this.#watched.has(fd); reads++) {
      const count = this.#sockets.receive(fd, this.#buffer);
      if (count > 0) looking.heard(this.#buffer.subarray(0, count));
      else if (count === 0) looking.ended('closed');
      else if (count !== -ERRNO.EAGAIN && count !== -ERRNO.EINTR) looking.ended('reset');
      if (count <= 0) return;
      if (reads === MAX_READS) return void setImmediate(() => this.#readAgain(fd, looking));
    }
  }

  /** An edge-triggered epoll does not tell again of what was left unread. */
  #readAgain(fd: number, looking: Looking): void {
    const watched = this.#watched.get(fd);
    if (watched?.looking === looking) this.#read(fd, watched);
  }

  #line(fd: number): Line {
    return {
      send: (bytes) => void this.#sockets.send(fd, Buffer.from(bytes)),
      facts: () => this.#facts(fd),
      drop: () => this.#forget(fd),
    };
  }

  #facts(fd: number): LineFacts {
    const info = this.#watched.has(fd) ? this.#sockets.info(fd) : null;
    if (info === null) return {};
    // before Linux 5.4: bytes that may not be sent are kept back by a window of nothing
    const window = info.window ?? (info.notSent !== null && info.notSent > 0 ? 0 : null);
    return {
      ...(info.bytesAcked === null ? {} : { bytesAcked: info.bytesAcked }),
      ...(window === null ? {} : { window }),
      options: info.options,
    };
  }
}

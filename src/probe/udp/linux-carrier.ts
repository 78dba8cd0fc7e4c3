import {
  type DatagramError,
  DatagramSocket,
  endpointKey,
} from '../../net/linux/datagram-socket.ts';
import { Epoll } from '../../net/linux/epoll.ts';
import { ERRNO } from '../../net/linux/errno.ts';
import type { Libc } from '../../net/linux/libc.ts';
import { encodeAddress, type SocketAddress } from '../../net/linux/sockaddr.ts';
import { isOwnAddress } from '../../net/own-addresses.ts';
import { type Answer, NO_FAMILY, NO_MEMORY, NO_ROUTE, OTHER } from '../connect/dialer.ts';
import { LOCAL_ERRORS } from '../connect/errno-answers.ts';
import { Pause } from '../connect/pause.ts';
import { type Addressee, type Carrier, type CarrierSink, REFUSED } from './carrier.ts';

/** Ports waited for at once: they cost memory only. */
const CAPACITY = 65_536;

const LOCAL: ReadonlyMap<number, Answer> = new Map([
  ...LOCAL_ERRORS,
  [ERRNO.EAGAIN, NO_MEMORY],
  [ERRNO.EADDRNOTAVAIL, NO_ROUTE],
]);

interface Target extends Addressee {
  readonly to: SocketAddress;
}

interface Failure {
  readonly key: string;
  readonly port: number;
  readonly answer: Answer;
}

/**
 * Two unconnected sockets, one a family, whose error queues tell which port each ICMP error is about
 * and who sent it.
 */
export class LinuxCarrier implements Carrier<Target> {
  readonly name = 'udp';
  readonly capacity = CAPACITY;
  readonly #libc: Libc;
  readonly #epoll: Epoll;
  readonly #pause = new Pause();
  readonly #sockets = new Map<SocketAddress['family'], DatagramSocket>();
  /**
   * Targets that are this machine: at the port of our own socket nobody but we can listen, and our
   * question comes back to us as if it were an answer.
   */
  readonly #own = new Set<string>();
  /** Failures met while sending, handed over at the next look. */
  readonly #failures: Failure[] = [];
  #more = false;
  #closed = false;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#epoll = new Epoll(libc);
  }

  target(address: string): Target | Answer {
    const to = encodeAddress(address, (zone) => this.#libc.interfaceIndex(zone));
    if (to === null) return NO_FAMILY;
    const key = endpointKey(to.bytes);
    if (isOwnAddress(address)) this.#own.add(key);
    return { to, key };
  }

  send({ to }: Target, port: number, payload: Uint8Array): Answer | null {
    if (this.#closed) return null;
    const socket = this.#sockets.get(to.family) ?? this.#open(to.family);
    if (socket.fd < 0) return LOCAL.get(-socket.fd) ?? OTHER;
    if (socket.queue(to, port, payload)) return null;
    this.#flush(socket);
    socket.queue(to, port, payload);
    return null;
  }

  #open(family: SocketAddress['family']): DatagramSocket {
    const socket = new DatagramSocket(this.#libc, family);
    if (socket.fd >= 0 && this.#epoll.add(socket.fd)) this.#sockets.set(family, socket);
    return socket;
  }

  flush(): void {
    for (const socket of this.#sockets.values()) this.#flush(socket);
  }

  #flush(socket: DatagramSocket): void {
    socket.flush(
      (error) => this.#failures.push(failureOf(error)),
      (to, port, errno) =>
        this.#failures.push({
          key: endpointKey(to.bytes),
          port,
          answer: LOCAL.get(errno) ?? OTHER,
        }),
    );
  }

  /** The sockets are shared by all ports. */
  release(): void {}

  collect(sink: CarrierSink): void {
    if (this.#closed) return;
    this.#epoll.poll(() => undefined);
    this.#more = false;
    for (const socket of this.#sockets.values()) {
      socket.errors((error) => this.#failures.push(failureOf(error)));
      const more = socket.receive(({ key, port }, payload, length) => {
        if (port === socket.localPort() && this.#own.has(key)) sink.failure(key, port, REFUSED);
        else sink.datagram(key, port, payload, length);
      });
      this.#more ||= more;
    }
    for (const { key, port, answer } of this.#failures.splice(0)) sink.failure(key, port, answer);
  }

  wait(ms: number): Promise<void> {
    if (this.#closed || this.#more || this.#failures.length > 0) return Promise.resolve();
    const done = this.#pause.wait(ms);
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
    for (const socket of this.#sockets.values()) socket.close();
    this.#epoll.close();
    this.#pause.end();
  }
}

/** A port that the host itself refuses is closed; what somebody on the way says is another fact. */
function failureOf({ key, port, reason, fromHost }: DatagramError): Failure {
  const closed = fromHost && reason === 'icmp-port-unreachable';
  return { key, port, answer: closed ? REFUSED : { state: 'unreachable', reason } };
}

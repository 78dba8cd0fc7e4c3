import { type Libc, type Memory, rawBuffer, type Watch } from './libc.ts';

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 0x1;
const EPOLLOUT = 0x4;
const EPOLLET = 0x80000000;
export const EPOLLERR = 0x8;
const EVENTS = 256;
/** `struct epoll_event` is packed on x86-64 only (epoll_ctl(2)). */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
const DATA_AT = EVENT_BYTES - 8;
/** The same in 32-bit words. */
const EVENT_WORDS = EVENT_BYTES / 4;
const DATA_WORD = DATA_AT / 4;

/** An edge-triggered epoll instance whose events carry the descriptor, and which the event loop can watch. */
export class Epoll {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #event: Memory = rawBuffer(EVENT_BYTES);
  readonly #events: Memory = rawBuffer(EVENT_BYTES * EVENTS);
  readonly #words = new Uint32Array(this.#events.buffer);
  readonly #watch: Watch;
  #onReadable: () => void = () => undefined;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = libc.epollCreate(EPOLL_CLOEXEC);
    if (this.#fd < 0) throw new Error(`epoll_create1 failed with error ${libc.errno()}`);
    this.#watch = libc.watch(this.#fd, () => this.#onReadable());
    this.#event.writeUInt32LE(EPOLLIN + EPOLLOUT + EPOLLET, 0);
  }

  /** Reports every change of `fd` from now on, and its state now; closing it ends that. Returns success. */
  add(fd: number): boolean {
    this.#event.writeUInt32LE(fd, DATA_AT);
    return this.#libc.epollCtl(this.#fd, EPOLL_CTL_ADD, fd, this.#event) === 0;
  }

  /** Hands over what is ready, without waiting. Returns how many. */
  poll(onEvent: (fd: number, flags: number) => void): number {
    let total = 0;
    for (;;) {
      const count = this.#libc.epollWait(this.#fd, this.#events, EVENTS, 0);
      for (let index = 0; index < count; index++) {
        const at = index * EVENT_WORDS;
        onEvent(this.#words[at + DATA_WORD] ?? 0, this.#words[at] ?? 0);
      }
      if (count > 0) total += count;
      if (count < EVENTS) return total;
    }
  }

  /** Calls back once when something is ready, unless `ignore` comes first. */
  notify(onReadable: () => void): void {
    this.#onReadable = onReadable;
    this.#watch.start();
  }

  ignore(): void {
    this.#watch.stop();
  }

  close(): void {
    this.#watch.stop();
    this.#watch.close();
    this.#libc.close(this.#fd);
  }
}

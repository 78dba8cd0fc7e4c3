import { ERRNO } from './errno.ts';
import { type Libc, type Memory, rawBuffer } from './libc.ts';
import { type NetlinkMessage, readMessages, readNumber, writeMessage } from './netlink-message.ts';
import { openSocket, SOCK_RAW, setTimeLimit } from './raw-socket.ts';

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
const SO_RCVTIMEO = 20;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_MULTI = 0x2;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP_INTERRUPTED = 0x10;
const NLM_F_DUMP = 0x300;
/** The kernel's datagrams are at most 32 KiB. */
const RECEIVE_BYTES = 65_536;
/** The kernel answers at once; this only bounds a hang. */
const RECEIVE_LIMIT_MS = 5000;
/** How often a list that changed while it was read is read again. */
const DUMP_ATTEMPTS = 5;

export type OnMessage = (message: NetlinkMessage) => void;

/**
 * Questions to the kernel: about routes, interfaces and neighbours (rtnetlink(7)), or what another
 * family of netlink(7) answers. Reading needs no privilege.
 */
export class Netlink {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #memory: Memory = rawBuffer(RECEIVE_BYTES);
  #sequence = 0;

  private constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    setTimeLimit(libc, fd, SO_RCVTIMEO, RECEIVE_LIMIT_MS);
  }

  /** Negative error number on failure. */
  static open(libc: Libc, family = NETLINK_ROUTE): Netlink | number {
    const fd = openSocket(libc, AF_NETLINK, SOCK_RAW, family);
    return fd < 0 ? fd : new Netlink(libc, fd);
  }

  /** Asks for one thing. Returns 0, or the kernel's error as a negative number. */
  ask(type: number, request: Uint8Array, onMessage: OnMessage): number {
    return this.#exchange(type, 0, request, onMessage);
  }

  /** Has something done. Returns 0, or the kernel's error as a negative number (EPERM without CAP_NET_ADMIN). */
  order(type: number, flags: number, request: Uint8Array): number {
    return this.#exchange(type, flags | NLM_F_ACK, request, () => undefined);
  }

  /**
   * Reads a whole list. Returns 0, or a negative error number. A list that changed meanwhile is read
   * again, so `onMessage` may see an entry more than once, and one that has just gone.
   */
  dump(type: number, request: Uint8Array, onMessage: OnMessage): number {
    let result = 0;
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      result = this.#exchange(type, NLM_F_DUMP, request, onMessage);
      if (result !== -ERRNO.EINTR) return result;
    }
    return 0;
  }

  #exchange(type: number, flags: number, request: Uint8Array, onMessage: OnMessage): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const message = writeMessage(type, flags | NLM_F_REQUEST, this.#sequence, request);
    if (this.#libc.send(this.#fd, message, message.length, 0) < 0) return -this.#libc.errno();
    let interrupted = false;
    for (;;) {
      const length = this.#receive();
      if (length < 0) return length;
      for (const got of readMessages(this.#memory.subarray(0, length))) {
        if (got.sequence !== this.#sequence) continue;
        interrupted ||= (got.flags & NLM_F_DUMP_INTERRUPTED) !== 0;
        const end = endOf(got, flags);
        if (end === null || end === 'last') onMessage(got);
        if (end === 'last') return 0;
        if (end !== null) return end === 0 && interrupted ? -ERRNO.EINTR : end;
      }
    }
  }

  #receive(): number {
    for (;;) {
      const length = this.#libc.recv(this.#fd, this.#memory, RECEIVE_BYTES, 0);
      if (length >= 0) return length;
      const error = this.#libc.errno();
      if (error !== ERRNO.EINTR) return -error;
    }
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}

/** Null when more messages follow, `last` for an answer of one message, else the result of the exchange. */
function endOf({ type, flags, body }: NetlinkMessage, asked: number): number | 'last' | null {
  if (type === NLMSG_ERROR || type === NLMSG_DONE) return (readNumber(body) ?? 0) | 0;
  return (flags & NLM_F_MULTI) === 0 && (asked & NLM_F_ACK) === 0 ? 'last' : null;
}

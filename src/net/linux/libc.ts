import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type Koffi from 'koffi';
import { messageOf } from '../../model/errors.ts';

/** Memory handed to the kernel. Allocated with `rawBuffer` so that it never moves. */
export type Memory = Buffer;

/**
 * The system calls we use, as C declares them: -1 means failure and `errno` says which, valid until
 * the next call. Everything above this interface is testable without FFI.
 */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  connect(fd: number, address: Memory, length: number): number;
  close(fd: number): number;
  /**
   * Closes in another thread and returns at once. The kernel waits for all processors before it lets
   * go of a packet or XDP socket (`synchronize_net`): some 10 ms, once where several go together.
   */
  release(fd: number): void;
  setsockopt(fd: number, level: number, option: number, value: Memory, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Memory, length: Memory): number;
  getsockname(fd: number, address: Memory, length: Memory): number;
  bind(fd: number, address: Memory, length: number): number;
  send(fd: number, bytes: Memory, length: number, flags: number): number;
  recv(fd: number, bytes: Memory, length: number, flags: number): number;
  recvmsg(fd: number, message: Memory, flags: number): number;
  /** `messages` is an array of `mmsghdr`; returns how many were sent. */
  sendmmsg(fd: number, messages: Memory, count: number, flags: number): number;
  /** Waits for the first message only with MSG_WAITFORONE; `timeout` is not used and null. */
  recvmmsg(fd: number, messages: Memory, count: number, flags: number, timeout: null): number;
  /** `entries` is an array of `pollfd`. With none it sleeps. */
  poll(entries: Memory, count: number, timeoutMs: number): number;
  epollCreate(flags: number): number;
  epollCtl(epoll: number, operation: number, fd: number, event: Memory): number;
  epollWait(epoll: number, events: Memory, count: number, timeoutMs: number): number;
  /** Maps memory shared with the kernel behind `fd`; null on failure. */
  map(fd: number, length: number, offset: number): Mapping | null;
  getrlimit(resource: number, limit: Memory): number;
  interfaceIndex(name: string): number;
  /** Moves the calling thread, and nothing else, into the namespace behind `fd`. */
  setns(fd: number, kind: number): number;
  errno(): number;
  /** Where `memory` lies, for structures that hold pointers. */
  addressOf(memory: Memory): bigint;
  /** Calls back whenever `fd` is readable, through the event loop. */
  watch(fd: number, onReadable: () => void): Watch;
}

/** A watched descriptor: stopped at first, and between `stop` and `start`. */
export interface Watch {
  start(): void;
  stop(): void;
  close(): void;
}

/** Mapped memory. Touching `memory` after `unmap` ends the process. */
export interface Mapping {
  readonly memory: ArrayBuffer;
  unmap(): void;
}

const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;
const MAP_FAILED = 2n ** 64n - 1n;

const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Why the calls cannot be made here, or null. Structures are laid out for 64-bit little-endian Linux. */
export async function libcUnavailable(): Promise<string | null> {
  if (process.platform !== 'linux') return `it needs Linux, this is ${process.platform}`;
  if (!ARCHITECTURES.includes(process.arch) || endianness() !== 'LE') {
    return `it is not built for ${process.arch}`;
  }
  try {
    await loadLibc();
    return null;
  } catch (thrown) {
    return `the package koffi did not load (${firstLine(messageOf(thrown))})`;
  }
}

let loading: Promise<Libc> | null = null;

/** Loads koffi and binds the calls, once per process. */
export function loadLibc(): Promise<Libc> {
  loading ??= bind();
  return loading;
}

async function bind(): Promise<Libc> {
  // not import(): that finds, reads and links three modules before it comes to the same library
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
  const library = koffi.load(null);
  const size = 'uint32_t';
  const close = library.func('int close(int)');
  const mmap = library.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const munmap = library.func('int munmap(void *, size_t)');
  return {
    socket: library.func('int socket(int, int, int)'),
    connect: library.func(`int connect(int, const void *, ${size})`),
    close,
    release: (fd) => close.async(fd, () => undefined),
    setsockopt: library.func(`int setsockopt(int, int, int, const void *, ${size})`),
    getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
    getsockname: library.func('int getsockname(int, void *, void *)'),
    bind: library.func(`int bind(int, const void *, ${size})`),
    send: library.func('int64_t send(int, const void *, size_t, int)'),
    recv: library.func('int64_t recv(int, void *, size_t, int)'),
    recvmsg: library.func('int64_t recvmsg(int, void *, int)'),
    sendmmsg: library.func('int sendmmsg(int, void *, unsigned int, int)'),
    recvmmsg: library.func('int recvmmsg(int, void *, unsigned int, int, void *)'),
    poll: library.func('int poll(void *, unsigned long, int)'),
    epollCreate: library.func('int epoll_create1(int)'),
    epollCtl: library.func('int epoll_ctl(int, int, int, void *)'),
    epollWait: library.func('int epoll_wait(int, void *, int, int)'),
    map: (fd, length, offset) => {
      const at = mmap(null, length, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset) as bigint;
      if (at === MAP_FAILED || at === -1n) return null;
      return { memory: koffi.view(at, length), unmap: () => munmap(at, length) };
    },
    getrlimit: library.func('int getrlimit(int, void *)'),
    interfaceIndex: library.func('unsigned int if_nametoindex(const char *)'),
    setns: library.func('int setns(int, int)'),
    errno: () => koffi.errno(),
    addressOf: (memory) => koffi.address(memory),
    watch: (fd, onReadable) => {
      const handle = koffi.node.poll(fd, { readable: true }, onReadable);
      handle.stop();
      return {
        start: () => handle.start({ readable: true }, onReadable),
        stop: () => handle.stop(),
        close: () => handle.close(),
      };
    },
  };
}

/** Zeroed memory outside the JavaScript heap and outside Node's shared pool. */
export function rawBuffer(bytes: number): Memory {
  return Buffer.from(new ArrayBuffer(bytes));
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

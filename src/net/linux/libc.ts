import { endianness } from 'node:os';
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
  setsockopt(fd: number, level: number, option: number, value: Memory, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Memory, length: Memory): number;
  getsockname(fd: number, address: Memory, length: Memory): number;
  send(fd: number, bytes: Memory, length: number, flags: number): number;
  recv(fd: number, into: Memory, length: number, flags: number): number;
  recvmsg(fd: number, message: Memory, flags: number): number;
  epollCreate(flags: number): number;
  epollCtl(epoll: number, operation: number, fd: number, event: Memory): number;
  epollWait(epoll: number, events: Memory, count: number, timeoutMs: number): number;
  getrlimit(resource: number, limit: Memory): number;
  interfaceIndex(name: string): number;
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
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const size = 'uint32_t';
  return {
    socket: library.func('int socket(int, int, int)'),
    connect: library.func(`int connect(int, const void *, ${size})`),
    close: library.func('int close(int)'),
    setsockopt: library.func(`int setsockopt(int, int, int, const void *, ${size})`),
    getsockopt: library.func('int getsockopt(int, int, int, void *, void *)'),
    getsockname: library.func('int getsockname(int, void *, void *)'),
    send: library.func('int64_t send(int, const void *, size_t, int)'),
    recv: library.func('int64_t recv(int, void *, size_t, int)'),
    recvmsg: library.func('int64_t recvmsg(int, void *, int)'),
    epollCreate: library.func('int epoll_create1(int)'),
    epollCtl: library.func('int epoll_ctl(int, int, int, void *)'),
    epollWait: library.func('int epoll_wait(int, void *, int, int)'),
    getrlimit: library.func('int getrlimit(int, void *)'),
    interfaceIndex: library.func('unsigned int if_nametoindex(const char *)'),
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

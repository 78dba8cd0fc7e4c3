import type { EngineKind } from '../engine.ts';
import { connectEngine } from './engine.ts';

const libc = () => import('../../net/linux/libc.ts');
const dialer = () => import('./epoll-dialer.ts');

/** Non-blocking sockets and epoll through FFI; Linux only. Loads its parts when asked for. */
export const EPOLL: EngineKind = {
  name: 'epoll',
  unavailable: async () => {
    if (process.platform !== 'linux') return `it needs Linux, this is ${process.platform}`;
    // side by side: the one waits for a shared library, the other for small files
    const [reason] = await Promise.all([libc().then((it) => it.libcUnavailable()), dialer()]);
    return reason;
  },
  create: async () => {
    const [{ loadLibc }, { EpollDialer }] = await Promise.all([libc(), dialer()]);
    const calls = await loadLibc();
    return connectEngine('epoll', () => new EpollDialer(calls));
  },
};

/** node:net, everywhere. */
export const NODE: EngineKind = {
  name: 'node',
  unavailable: () => Promise.resolve(null),
  create: async () => {
    const { NodeDialer } = await import('./node-dialer.ts');
    return connectEngine('node', () => new NodeDialer());
  },
};

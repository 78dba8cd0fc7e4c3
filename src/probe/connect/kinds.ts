import type { EngineKind } from '../engine.ts';
import { connectEngine } from './engine.ts';
import { NodeDialer } from './node-dialer.ts';

/** Non-blocking sockets and epoll through FFI; Linux only. Loads its parts when asked for. */
export const EPOLL: EngineKind = {
  name: 'epoll',
  unavailable: async () => {
    if (process.platform !== 'linux') return `it needs Linux, this is ${process.platform}`;
    const { libcUnavailable } = await import('../../net/linux/libc.ts');
    return libcUnavailable();
  },
  create: async () => {
    const [{ loadLibc }, { EpollDialer }] = await Promise.all([
      import('../../net/linux/libc.ts'),
      import('./epoll-dialer.ts'),
    ]);
    const libc = await loadLibc();
    return connectEngine('epoll', () => new EpollDialer(libc));
  },
};

/** node:net, everywhere. */
export const NODE: EngineKind = {
  name: 'node',
  unavailable: () => Promise.resolve(null),
  create: () => Promise.resolve(connectEngine('node', () => new NodeDialer())),
};

import type { EngineKind } from '../engine.ts';

/** Why it does not run for lack of rights: what whoever scans others may want to know. */
export const NEEDS_RIGHTS = 'raw sockets need root or CAP_NET_RAW';

/** Raw SYN packets, stateless; Linux, with CAP_NET_RAW. Loads its parts when asked for. */
export const SYN: EngineKind = {
  name: 'syn',
  unavailable: async () => {
    if (process.platform !== 'linux') return `it needs Linux, this is ${process.platform}`;
    const { libcUnavailable, loadLibc } = await import('../../net/linux/libc.ts');
    const reason = await libcUnavailable();
    if (reason !== null) return reason;
    const { AF_PACKET, openSocket, SOCK_DGRAM } = await import('../../net/linux/raw-socket.ts');
    const libc = await loadLibc();
    const fd = openSocket(libc, AF_PACKET, SOCK_DGRAM, 0);
    if (fd < 0) return NEEDS_RIGHTS;
    libc.release(fd);
    return null;
  },
  create: async () => {
    const { threadSupply } = await import('./sending-thread.ts');
    const threads = threadSupply();
    const [{ loadLibc }, { synEngine }] = await Promise.all([
      import('../../net/linux/libc.ts'),
      import('./engine.ts'),
    ]);
    return synEngine(await loadLibc(), threads);
  },
};

import { EPOLL } from '../connect/kinds.ts';
import type { EngineKind } from '../engine.ts';
import { udpEngine } from './engine.ts';
import { NodeCarrier } from './node-carrier.ts';
import type { Question } from './question.ts';

/** Batches through FFI, with error queues; Linux only. Loads its parts when asked for. */
export function linuxUdp(questions: readonly Question[]): EngineKind {
  return {
    name: 'udp',
    // the same system calls
    unavailable: () => EPOLL.unavailable(),
    create: async () => {
      const [{ loadLibc }, { LinuxCarrier }] = await Promise.all([
        import('../../net/linux/libc.ts'),
        import('./linux-carrier.ts'),
      ]);
      const libc = await loadLibc();
      return udpEngine('udp', () => new LinuxCarrier(libc), questions);
    },
  };
}

/** node:dgram, everywhere. */
export function nodeUdp(questions: readonly Question[]): EngineKind {
  return {
    name: 'dgram',
    unavailable: () => Promise.resolve(null),
    create: () => Promise.resolve(udpEngine('dgram', () => new NodeCarrier(), questions)),
  };
}

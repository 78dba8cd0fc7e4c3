import type { Observer } from './glance.ts';
import { NodeObserver } from './node-observer.ts';

/** The observer that sees most on this machine; `node` when the engine of that name was asked for. */
export async function createObserver(engine: string): Promise<Observer> {
  if (engine === 'node' || process.platform !== 'linux') return new NodeObserver();
  const { libcUnavailable, loadLibc } = await import('../../net/linux/libc.ts');
  if ((await libcUnavailable()) !== null) return new NodeObserver();
  const [libc, { EpollObserver }] = await Promise.all([loadLibc(), import('./epoll-observer.ts')]);
  return new EpollObserver(libc);
}

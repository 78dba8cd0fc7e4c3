import type { Usage } from '../model/usage.ts';
import type { ListenerLook } from './look.ts';

/**
 * How each listener of a look is used now, by `listenerKey`. Listeners that are not in the answer could
 * not be asked about: Linux only. Never throws.
 */
export async function readUsage(look: ListenerLook): Promise<ReadonlyMap<string, Usage>> {
  if (process.platform !== 'linux') return new Map();
  const { readLinuxUsage } = await import('./linux/usage.ts');
  return readLinuxUsage(look);
}

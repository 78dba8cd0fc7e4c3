import type { ListenerLook } from './look.ts';

/**
 * Every TCP and UDP socket of this machine that accepts traffic, and every port that a container runtime
 * hands on. Never throws: what cannot be seen is said, by the listener or by the whole.
 */
export async function readListeners(): Promise<ListenerLook> {
  if (process.platform === 'linux') {
    const { readLinuxListeners } = await import('./linux/listeners.ts');
    return readLinuxListeners();
  }
  return nothing(`listeners: how ${process.platform} tells them is not known here`);
}

function nothing(reason: string): ListenerLook {
  return { listeners: [], publications: [], complete: false, unseen: [reason] };
}

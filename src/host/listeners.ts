import type { ListenerLook } from './look.ts';

/**
 * Every TCP and UDP socket of this machine that accepts traffic, and every port that a container runtime
 * hands on. Never throws: what cannot be seen is said, by the listener or by the whole.
 */
export async function readListeners(): Promise<ListenerLook> {
  switch (process.platform) {
    case 'linux':
      return (await import('./linux/listeners.ts')).readLinuxListeners();
    case 'darwin':
      return (await import('./darwin/listeners.ts')).readDarwinListeners();
    case 'win32':
      return (await import('./windows/listeners.ts')).readWindowsListeners();
    default:
      return unknownSystem();
  }
}

function unknownSystem(): ListenerLook {
  const unseen = [`listeners: how ${process.platform} tells them is not known here`];
  return {
    listeners: [],
    namespaces: [],
    publications: [],
    complete: false,
    ownComplete: false,
    unseen,
  };
}

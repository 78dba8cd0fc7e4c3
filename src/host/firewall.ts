import type { FirewallFacts } from '../firewall/facts.ts';
import type { Layer } from '../firewall/layer.ts';
import type { PosternError } from '../model/errors.ts';

export interface FirewallLook {
  /** A layer that could not be read is there with no rules and its reason in `unread`. */
  readonly layers: readonly Layer[];
  readonly facts: FirewallFacts;
  /** FIREWALL_READ and FIREWALL_SYNTAX: what could not be read or understood. */
  readonly problems: readonly PosternError[];
}

const NO_MANAGER: FirewallFacts = { ufw: 'absent', firewalld: 'absent', programs: [] };

/** Every firewall layer of this host and network namespace. Never throws. */
export async function readFirewalls(): Promise<FirewallLook> {
  const problems: PosternError[] = [];
  if (process.platform === 'darwin') {
    const { readDarwinLayers } = await import('./firewalls/darwin.ts');
    return { layers: await readDarwinLayers(problems), facts: NO_MANAGER, problems };
  }
  if (process.platform === 'win32') {
    const { readWindowsLayers } = await import('./firewalls/windows.ts');
    return { layers: await readWindowsLayers(problems), facts: NO_MANAGER, problems };
  }
  const { readLinux } = await import('./firewalls/linux.ts');
  return { ...(await readLinux(problems)), problems };
}

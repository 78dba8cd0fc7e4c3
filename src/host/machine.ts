import { hostname, networkInterfaces } from 'node:os';
import type { Device, Machine } from '../model/machine.ts';
import { prefixOf } from './prefix.ts';

/**
 * What deciding about a packet needs to know of this machine: its devices, their addresses and its
 * main routing table. `namespace` is the file of a network namespace (`namespaceFile`), Linux only;
 * NAMESPACE_READ is thrown when it cannot be entered. Only Linux tells routes.
 */
export async function readMachine(namespace?: string): Promise<Machine> {
  const system = systemName();
  if (system !== 'linux') {
    return { hostname: hostname(), system, devices: devicesOfNode(), routes: [] };
  }
  const { readNetwork } = await import('./linux/machine.ts');
  return { hostname: hostname(), system, ...(await readNetwork(namespace)) };
}

/** The file of a network namespace: of a name (ip-netns(8)), a process id, or a path as it is. */
export function namespaceFile(value: string): string {
  if (value.includes('/')) return value;
  return /^\d+$/.test(value) ? `/proc/${value}/ns/net` : `/run/netns/${value}`;
}

function systemName(): Machine['system'] {
  if (process.platform === 'linux' || process.platform === 'darwin') return process.platform;
  return process.platform === 'win32' ? 'windows' : 'other';
}

/** Node lists devices that are up and have an address. */
function devicesOfNode(): Device[] {
  return Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    loopback: addresses.some(({ internal }) => internal),
    up: true,
    addresses: addresses.map(({ address, cidr }) => ({
      address,
      prefix: prefixOf(cidr, address),
    })),
  }));
}

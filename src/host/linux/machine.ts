import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { problem } from '../../model/errors.ts';
import type { Device, Route } from '../../model/machine.ts';
import { listAddresses } from '../../net/linux/device-addresses.ts';
import { libcUnavailable, loadLibc } from '../../net/linux/libc.ts';
import { listLinks } from '../../net/linux/links.ts';
import { listMainRoutes } from '../../net/linux/main-routes.ts';
import { openInNamespace } from '../../net/linux/net-namespace.ts';
import { Netlink } from '../../net/linux/netlink.ts';
import { prefixOf } from '../prefix.ts';
import { readRoutesIPv4, readRoutesIPv6 } from './procfs-routes.ts';
import { reasonOf } from './reasons.ts';

const DEVICES = '/sys/class/net';
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;

export interface Network {
  readonly devices: readonly Device[];
  readonly routes: readonly Route[];
}

/**
 * Devices and routes of a network namespace, given by its file; of our own when not given. Throws
 * NAMESPACE_READ when another cannot be entered.
 */
export async function readNetwork(namespace?: string): Promise<Network> {
  const unavailable = await libcUnavailable();
  const asked = unavailable === null ? await askKernel(namespace) : unavailable;
  if (typeof asked !== 'string') return asked;
  if (namespace === undefined) return readOwnFiles();
  throw problem('NAMESPACE_READ', { value: namespace, problem: asked });
}

async function askKernel(namespace: string | undefined): Promise<Network | string> {
  const libc = await loadLibc();
  const open = () => Netlink.open(libc);
  const netlink = namespace === undefined ? open() : openInNamespace(libc, namespace, open);
  if (typeof netlink === 'number') return reasonOf(netlink);
  try {
    const links = listLinks(netlink);
    const addresses = listAddresses(netlink);
    const routes = listMainRoutes(netlink);
    if (typeof links === 'number') return reasonOf(links);
    if (typeof addresses === 'number') return reasonOf(addresses);
    if (typeof routes === 'number') return reasonOf(routes);
    return {
      devices: [...links.values()].map(({ index, name, loopback, up }) => ({
        name,
        loopback,
        up,
        addresses: addresses
          .filter(({ interfaceIndex }) => interfaceIndex === index)
          .map(({ address, prefix }) => ({ address, prefix })),
      })),
      routes: routes.flatMap(({ to, interfaceIndex }) => {
        const device = links.get(interfaceIndex)?.name;
        return device === undefined ? [] : [{ to, device }];
      }),
    };
  } finally {
    netlink.close();
  }
}

/** Without netlink: what Node knows, and procfs. */
function readOwnFiles(): Network {
  const known = networkInterfaces();
  const names = new Set([...listDevices(), ...Object.keys(known)]);
  return {
    devices: [...names].map((name) => ({
      name,
      ...deviceFlags(name),
      addresses: (known[name] ?? []).map(({ address, cidr }) => ({
        address,
        prefix: prefixOf(cidr, address),
      })),
    })),
    routes: [
      ...readRoutesIPv4(textOf('/proc/net/route')),
      ...readRoutesIPv6(textOf('/proc/net/ipv6_route')),
    ],
  };
}

function listDevices(): string[] {
  try {
    return readdirSync(DEVICES);
  } catch {
    return [];
  }
}

function deviceFlags(name: string): { loopback: boolean; up: boolean } {
  const flags = Number(textOf(`${DEVICES}/${name}/flags`).trim());
  return { loopback: (flags & IFF_LOOPBACK) !== 0, up: (flags & IFF_UP) !== 0 };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

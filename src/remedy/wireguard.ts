import { addressRanges, addressText } from '../firewall/cidrs.ts';
import type { Family } from '../firewall/layer.ts';
import { intersection, type Ranges } from '../firewall/ranges.ts';
import { canonicalAddress } from '../model/address.ts';
import { problem } from '../model/errors.ts';
import type { Machine } from '../model/machine.ts';
import { isPrivateAddress, type Network, readNetwork } from '../model/network.ts';

/** Device of the VPN, as `--from wireguard` and the configuration name it. */
export const WIREGUARD_DEVICE = 'wg0';
/** Port that WireGuard's own examples use. */
export const WIREGUARD_PORT = 51_820;

/** Curve25519 keys in base64 (wg(8)). */
export interface WireguardKeys {
  readonly server: { readonly private: string; readonly public: string };
  readonly client: { readonly private: string; readonly public: string };
  readonly preshared: string;
}

export interface WireguardWish {
  readonly machine: Machine;
  readonly keys: WireguardKeys;
  /** Picks the networks of the VPN, so that two servers rarely share one: any whole number. */
  readonly seed: number;
  readonly listenPort: number;
  /** Name or address by which clients reach this host; absent: its own public address. */
  readonly endpoint?: string;
  /** IPv4 network of the VPN, /30 or wider; absent: one that collides with none of the machine. */
  readonly network?: string;
}

/** Addresses inside the VPN: the server's first, the client's second. */
export interface AddressPlan {
  readonly v4: { readonly server: string; readonly client: string; readonly prefix: number };
  readonly v6: { readonly server: string; readonly client: string; readonly prefix: number };
}

export interface WireguardSetup {
  readonly plan: AddressPlan;
  /** Texts for wg-quick(8). */
  readonly server: string;
  readonly client: string;
}

const KEEPALIVE_SECONDS = 25;
const V4_SPACE = { first: 10n << 24n, block: 8n, count: 65_536 };

/** Both ends of the VPN. Throws REMEDY_VPN with what is missing. */
export function wireguardSetup(wish: WireguardWish): WireguardSetup {
  const plan = addressPlan(wish);
  const host = hostText(wish.endpoint ?? publicAddress(wish.machine));
  const endpoint = `${host}:${wish.listenPort}`;
  return { plan, server: serverText(wish, plan), client: clientText(wish, plan, endpoint) };
}

/** Before a port: an IPv6 address in brackets. */
function hostText(text: string): string {
  const host = /^\[(.+)\]$/.exec(text)?.[1] ?? text;
  if (host.includes(':') && canonicalAddress(host) !== null) return `[${host}]`;
  if (/^[^\s:[\]]{1,253}$/.test(host)) return host;
  const shown = text.slice(0, 100);
  throw problem('REMEDY_VPN', {
    problem: `--endpoint "${shown}" is no name or address; its port is --vpn-port`,
  });
}

function publicAddress({ devices }: Machine): string {
  const outer = devices.filter(({ loopback }) => !loopback);
  const addresses = outer.flatMap((device) => device.addresses.map(({ address }) => address));
  const found = addresses.find((address) => !isPrivateAddress(address));
  if (found !== undefined) return found;
  throw problem('REMEDY_VPN', {
    problem: 'this host has no public address: say how it is reached',
  });
}

function addressPlan({ machine, network, seed }: WireguardWish): AddressPlan {
  const v4 = network === undefined ? freeBlock(machine, seed) : givenBlock(machine, network);
  const v6 = freeLocalBlock(machine, seed);
  return { v4: ends(4, v4.first, v4.prefix), v6: ends(6, v6, 64) };
}

function ends(family: Family, first: bigint, prefix: number) {
  const text = (host: bigint) => addressText(family, first + host);
  return { server: text(1n), client: text(2n), prefix };
}

/** A /24 of 10.0.0.0/8. */
function freeBlock(machine: Machine, seed: number): { first: bigint; prefix: number } {
  const taken = takenRanges(machine, 4);
  const { first, block, count } = V4_SPACE;
  for (let step = 0; step < count; step += 1) {
    const at = first + (BigInt((Math.abs(seed) + step) % count) << block);
    if (intersection(taken, [at, at + (1n << block)]).length === 0)
      return { first: at, prefix: 24 };
  }
  throw problem('REMEDY_VPN', { problem: 'every network of 10.0.0.0/8 is in use here' });
}

function givenBlock(machine: Machine, text: string): { first: bigint; prefix: number } {
  const network = readNetwork(text);
  const prefix = Number(text.split('/')[1] ?? Number.NaN);
  if (network?.family !== 4 || !(prefix >= 8 && prefix <= 30)) {
    throw problem('REMEDY_VPN', { problem: `"${text}" is no IPv4 network from /8 to /30` });
  }
  if (intersection(takenRanges(machine, 4), addressRanges([network])).length > 0) {
    throw problem('REMEDY_VPN', { problem: `"${text}" overlaps a network of this host` });
  }
  return { first: network.first, prefix };
}

/** A /64 of a unique local network (RFC 4193). */
function freeLocalBlock(machine: Machine, seed: number): bigint {
  const taken = takenRanges(machine, 6);
  for (let step = 0; step < V4_SPACE.count; step += 1) {
    const at = (0xfdn << 120n) | (BigInt((Math.abs(seed) + step) % 2 ** 40) << 80n);
    if (intersection(taken, [at, at + (1n << 64n)]).length === 0) return at;
  }
  throw problem('REMEDY_VPN', { problem: 'no unique local IPv6 network is free' });
}

/** Networks of devices and routes; a default route takes nothing. */
function takenRanges({ devices, routes }: Machine, family: Family): Ranges<bigint> {
  const ofDevices = devices.flatMap(({ addresses }) =>
    addresses.map(({ address, prefix }) => readNetwork(`${address.split('%')[0]}/${prefix}`)),
  );
  const ofRoutes = routes.filter(({ to }) => !to.endsWith('/0')).map(({ to }) => readNetwork(to));
  const own = [...ofDevices, ...ofRoutes].filter(
    (network): network is Network => network?.family === family,
  );
  return addressRanges(own);
}

function serverText({ keys, listenPort }: WireguardWish, { v4, v6 }: AddressPlan): string {
  return [
    '[Interface]',
    `Address = ${v4.server}/${v4.prefix}, ${v6.server}/${v6.prefix}`,
    `ListenPort = ${listenPort}`,
    `PrivateKey = ${keys.server.private}`,
    '',
    '# One of these for each client, with addresses of its own',
    '[Peer]',
    `PublicKey = ${keys.client.public}`,
    `PresharedKey = ${keys.preshared}`,
    `AllowedIPs = ${v4.client}/32, ${v6.client}/128`,
    '',
  ].join('\n');
}

function clientText({ keys }: WireguardWish, { v4, v6 }: AddressPlan, endpoint: string): string {
  return [
    '[Interface]',
    `Address = ${v4.client}/32, ${v6.client}/128`,
    `PrivateKey = ${keys.client.private}`,
    '',
    '[Peer]',
    `PublicKey = ${keys.server.public}`,
    `PresharedKey = ${keys.preshared}`,
    `Endpoint = ${endpoint}`,
    '# The server alone goes through the VPN, all else its usual way',
    `AllowedIPs = ${v4.server}/32, ${v6.server}/128`,
    `PersistentKeepalive = ${KEEPALIVE_SECONDS}`,
    '',
  ].join('\n');
}

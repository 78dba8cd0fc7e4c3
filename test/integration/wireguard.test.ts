import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { makeWireguardKeys } from '../../src/host/wireguard-keys.ts';
import type { Machine } from '../../src/model/machine.ts';
import { wireguardSetup } from '../../src/remedy/wireguard.ts';
import { met } from '../helpers/needs.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-wg-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (command: string, args: readonly string[], input = '') =>
  execFileSync(command, args, { input, encoding: 'utf8' }).trim();

describe.skipIf(!met({ commands: ['wg', 'wg-quick'] }))('WireGuard keys and texts', () => {
  test('are such as wg makes', () => {
    const { server, client, preshared } = makeWireguardKeys();
    for (const pair of [server, client]) {
      expect(run('wg', ['pubkey'], pair.private)).toBe(pair.public);
    }
    expect(Buffer.from(preshared, 'base64')).toHaveLength(32);
    expect(new Set([server.private, client.private, preshared]).size).toBe(3);
  });

  test('are taken by wg-quick', () => {
    for (const text of texts('203.0.113.7')) {
      const stripped = strip(text);
      expect(stripped).toContain('PrivateKey = ');
      expect(stripped).not.toContain('Address');
      expect(stripped).toContain('[Peer]');
    }
  });
});

function texts(address: string): readonly [server: string, client: string] {
  const devices = [
    { name: 'eth0', addresses: [{ address, prefix: 24 }], loopback: false, up: true },
  ];
  const machine: Machine = { hostname: 'test', system: 'linux', devices, routes: [] };
  const keys = makeWireguardKeys();
  const setup = wireguardSetup({ machine, keys, seed: 1, listenPort: 51_820, endpoint: address });
  return [setup.server, setup.client];
}

/** What wg-quick leaves for wg: it reads files by the name of a device only. */
function strip(text: string): string {
  const path = join(folder, 'wg0.conf');
  writeFileSync(path, text, { mode: 0o600 });
  return run('wg-quick', ['strip', path]);
}

const USERSPACE = {
  root: true,
  linux: true,
  commands: ['wg', 'wg-quick', 'wireguard-go'],
} as const;

describe.skipIf(!(met(USERSPACE) && namespacesMet()))('a client and a server', () => {
  test('reach each other through the VPN, and only the addresses that are allowed', async () => {
    const [server, client] = [makeNamespace(), makeNamespace()];
    const ends = [`10.203.${process.pid % 250}.1`, `10.203.${process.pid % 250}.2`] as const;
    cable(server, client, ends);
    const setup = texts(ends[0]);
    const devices = [`wgs${process.pid}`, `wgc${process.pid}`] as const;
    const children = [server, client].map((end, at) => userspace(end, devices[at] ?? ''));
    try {
      await Promise.all(devices.map(appears));
      up(server, devices[0], setup[0]);
      up(client, devices[1], setup[1]);
      await server.listen([5432]);
      const [v4 = '', v6 = ''] = addressesOf(setup[0]).map((text) => text.split('/')[0] ?? '');
      for (const address of [v4, v6]) expect(dial(client, address)).toBe('connected');
      expect(run('wg', ['show', devices[1], 'latest-handshakes'])).toMatch(/\t[1-9]\d*$/);
      // an address beside the client's own is none of its AllowedIPs
      client.exec('ip', 'addr', 'add', `${v4.replace(/\d+$/, '77')}/32`, 'dev', devices[1]);
      expect(dial(client, v4, v4.replace(/\d+$/, '77'))).not.toBe('connected');
    } finally {
      for (const child of children) child.kill('SIGKILL');
      for (const device of devices) rmSync(socketOf(device), { force: true });
      server.close();
      client.close();
    }
  });
});

function cable(a: Namespace, b: Namespace, [first, second]: readonly [string, string]): void {
  const device = `pw${process.pid}`;
  run('ip', [
    'link',
    'add',
    device,
    'netns',
    a.name,
    'type',
    'veth',
    'peer',
    device,
    'netns',
    b.name,
  ]);
  for (const [end, address] of [
    [a, first],
    [b, second],
  ] as const) {
    end.exec('ip', 'addr', 'add', `${address}/24`, 'dev', device);
    end.exec('ip', 'link', 'set', device, 'up');
  }
}

/** This kernel may lack the device type: the same protocol by a program, over /dev/net/tun. */
function userspace({ name }: Namespace, device: string) {
  const mortal = ['setpriv', '--pdeathsig', 'KILL', '--', 'wireguard-go', '--foreground', device];
  return spawn('ip', ['netns', 'exec', name, ...mortal], {
    stdio: 'ignore',
    env: { ...process.env, WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD: '1' },
  });
}

const socketOf = (device: string) => `/var/run/wireguard/${device}.sock`;

async function appears(device: string): Promise<void> {
  const socket = socketOf(device);
  for (let tries = 0; tries < 100 && !existsSync(socket); tries += 1) await sleep(50);
  expect(existsSync(socket)).toBe(true);
}

/** What wg-quick up does, without its changes to names and firewall. */
function up(end: Namespace, device: string, text: string): void {
  const path = join(folder, `${device}.stripped`);
  writeFileSync(path, strip(text), { mode: 0o600 });
  run('wg', ['setconf', device, path]);
  for (const address of addressesOf(text)) end.exec('ip', 'addr', 'add', address, 'dev', device);
  end.exec('ip', 'link', 'set', device, 'up');
  for (const network of listOf(text, 'AllowedIPs')) {
    const family = network.includes(':') ? '-6' : '-4';
    end.exec('ip', family, 'route', 'replace', network, 'dev', device);
  }
}

const addressesOf = (text: string) => listOf(text, 'Address');

function listOf(text: string, key: string): string[] {
  const [, value = ''] = new RegExp(`^${key} = (.*)$`, 'm').exec(text) ?? [];
  return value.split(', ');
}

const DIAL = `
const [host, localAddress] = process.argv.slice(1);
const socket = require('node:net').connect({ host, port: 5432, timeout: 4000, localAddress: localAddress || undefined });
const say = (word) => { require('node:fs').writeSync(1, word); process.exit(); };
socket.on('connect', () => say('connected')).on('error', (e) => say(e.code)).on('timeout', () => say('silence'));
`;

function dial(from: Namespace, host: string, own = ''): string {
  return from.exec(process.execPath, '-e', DIAL, host, own);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../model/machine.ts';
import { evaluate } from '../../evaluate.ts';
import type { AnswerPart } from '../../packet.ts';
import { iptables } from '../iptables.ts';

const FOLDER = join(import.meta.dirname, '../../../../test/fixtures/firewall/iptables');
const HOST = '192.0.2.1';

function device(name: string, address: string, prefix: number) {
  return { name, addresses: [{ address, prefix }], loopback: name === 'lo', up: true };
}

const MACHINE: Machine = {
  hostname: 'node',
  system: 'linux',
  devices: [
    device('lo', '127.0.0.1', 8),
    device('eth0', HOST, 24),
    device('eth1', '198.51.100.1', 24),
    device('docker0', '172.17.0.1', 16),
    device('cni0', '10.244.1.1', 24),
  ],
  routes: [
    { to: '0.0.0.0/0', device: 'eth0' },
    { to: '10.244.2.0/24', device: 'eth0' },
  ],
};

function number(address: string): bigint {
  return address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

/** What becomes of new TCP connections to the host's own address. */
function ask(name: string, port: number, source?: string): readonly AnswerPart[] {
  const files = [
    `${name}.v4`,
    ...(['docker-28', 'fail2ban'].includes(name) ? [`${name}.ipset`] : []),
  ];
  const sources = files.map((file) => ({
    origin: file,
    text: readFileSync(join(FOLDER, file), 'utf8'),
  }));
  const from = source === undefined ? [0n, 1n << 32n] : [number(source), number(source) + 1n];
  const question = {
    family: 4,
    protocol: 6,
    source: from,
    destination: [number(HOST), number(HOST) + 1n],
    sourcePort: [0, 65_536],
    destinationPort: [port, port + 1],
    inDevice: ['eth0'],
  } as const;
  return evaluate([iptables.read(sources, 'live')], question, MACHINE);
}

function fates(name: string, port: number, source?: string): string {
  return [...new Set(ask(name, port, source).map(({ fate, path }) => `${fate} ${path}`))].join(
    ', ',
  );
}

describe('what hosts as they are let through', () => {
  it.each([
    ['docker-27', 8080, '203.0.113.9', 'accept forward'],
    ['docker-27', 22, '203.0.113.9', 'accept input'],
    ['docker-28', 8080, '203.0.113.9', 'accept forward'],
    ['kubernetes', 30_080, '203.0.113.9', 'accept forward'],
    ['kubernetes', 30_900, '203.0.113.9', 'reject input'],
    ['kubernetes', 22, '203.0.113.9', 'accept input'],
    ['rhel', 5432, '10.9.9.9', 'accept input'],
    ['rhel', 5432, '203.0.113.9', 'reject input'],
    ['debian', 22, '203.0.113.9', 'accept input'],
    ['debian', 5432, '203.0.113.9', 'drop input'],
    ['fail2ban', 22, '203.0.113.9', 'reject input'],
    ['fail2ban', 22, '203.0.113.200', 'reject input'],
    ['fail2ban', 22, '203.0.113.8', 'accept input'],
    ['tailscale', 22, '100.64.0.9', 'drop input'],
    ['tailscale', 22, '203.0.113.9', 'accept input'],
    ['gateway', 2222, '203.0.113.9', 'accept forward'],
    ['gateway', 8080, '203.0.113.9', 'reject input'],
    // port knocking: whether the source has knocked cannot be told
    ['gateway', 22, '203.0.113.9', 'unknown input'],
  ])('%s: port %i from %s: %s', (name, port, source, expected) => {
    expect(fates(name, port, source)).toBe(expected);
  });

  it('knows that kube-proxy chooses among endpoints, and which they are', () => {
    const [part] = ask('kubernetes', 30_080, '203.0.113.9');
    const endpoints = ['10.244.1.11', '10.244.1.12', '10.244.2.13'].map(number);
    expect(part?.translated?.port).toEqual([8080, 8081]);
    const [first = 0n, second = 0n, third = 0n] = endpoints;
    expect(part?.translated?.address).toEqual([first, second + 1n, third, third + 1n]);
  });

  it('does not know it of an endpoint that asks itself', () => {
    expect(fates('kubernetes', 30_080, '10.244.1.11')).toContain('unknown');
  });

  it('names the rate that a connection has to keep below', () => {
    const [part] = ask('debian', 22, '203.0.113.9');
    expect(part?.conditions.join(' ')).toContain('--hitcount 4');
  });
});

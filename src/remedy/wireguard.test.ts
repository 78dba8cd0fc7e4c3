import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Machine } from '../model/machine.ts';
import { networkHas, readNetwork } from '../model/network.ts';
import { type WireguardWish, wireguardSetup } from './wireguard.ts';

const KEYS = {
  server: { private: 'sPriv', public: 'sPub' },
  client: { private: 'cPriv', public: 'cPub' },
  preshared: 'psk',
};

function machine(networks: readonly string[], routes: readonly string[] = []): Machine {
  const addresses = networks.map((text) => {
    const [address = '', prefix] = text.split('/');
    return { address, prefix: Number(prefix) };
  });
  return {
    hostname: 'test',
    system: 'linux',
    devices: [{ name: 'eth0', addresses, loopback: false, up: true }],
    routes: routes.map((to) => ({ to, device: 'eth0' })),
  };
}

function wish(part: Partial<WireguardWish>): WireguardWish {
  return {
    machine: machine(['203.0.113.7/24', 'fe80::1%eth0/64']),
    keys: KEYS,
    seed: 4711,
    listenPort: 51_820,
    ...part,
  };
}

describe('a WireGuard setup', () => {
  test('lets the client reach the server and nothing else', () => {
    const { server, client, plan } = wireguardSetup(wish({}));
    expect(plan.v4).toEqual({ server: '10.18.103.1', client: '10.18.103.2', prefix: 24 });
    expect(server).toContain('Address = 10.18.103.1/24, fd00:0:1267::1/64\nListenPort = 51820\n');
    expect(server).toContain('AllowedIPs = 10.18.103.2/32, fd00:0:1267::2/128');
    expect(client).toContain('Endpoint = 203.0.113.7:51820');
    expect(client).toContain('AllowedIPs = 10.18.103.1/32, fd00:0:1267::1/128');
    expect(client).toContain('PersistentKeepalive = 25');
    expect(client).not.toContain('sPriv');
    expect(server).not.toContain('cPriv');
  });

  test.each([
    ['vpn.example.org', 'vpn.example.org:51820'],
    ['198.51.100.7', '198.51.100.7:51820'],
    ['2001:db8::7', '[2001:db8::7]:51820'],
    ['[2001:db8::7]', '[2001:db8::7]:51820'],
  ])('is reached at %s', (endpoint, text) => {
    expect(wireguardSetup(wish({ endpoint })).client).toContain(`\nEndpoint = ${text}\n`);
  });

  test.each([
    'vpn.example.org:51820',
    '198.51.100.7:443',
    '[2001:db8::7]:443',
    'a b',
    'x\nPostUp = y',
    '',
  ])('cannot be reached at %j', (endpoint) => {
    expect(() => wireguardSetup(wish({ endpoint }))).toThrow('is no name or address');
  });

  test('never takes a network that the machine has', () => {
    const block = fc
      .tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 12, max: 24 }))
      .map(([a, b, prefix]) => `10.${a}.${b}.1/${prefix}`);
    fc.assert(
      fc.property(fc.array(block, { maxLength: 6 }), fc.nat(), (own, seed) => {
        const { plan } = wireguardSetup(
          wish({ seed, machine: machine(['203.0.113.7/24'], ['0.0.0.0/0', ...own]) }),
        );
        for (const text of own) {
          const network = readNetwork(text);
          expect(network !== null && networkHas(network, plan.v4.server)).toBe(false);
        }
      }),
    );
  });

  test.each<[string, Partial<WireguardWish>]>([
    ['a private address only', { machine: machine(['192.168.1.2/24']) }],
    ['no free network', { machine: machine(['203.0.113.7/24'], ['10.0.0.0/8']) }],
    ['a network that is in use', { network: '203.0.113.0/28' }],
    ['a network without room', { network: '10.9.8.0/31' }],
    ['a network that is none', { network: 'home' }],
  ])('is refused with %s', (_, part) => {
    expect(() => wireguardSetup(wish(part))).toThrow(
      expect.objectContaining({ code: 'REMEDY_VPN' }),
    );
  });

  test('takes the way in that it is told', () => {
    const inner = machine(['192.168.1.2/24']);
    const setup = (endpoint: string) =>
      wireguardSetup(wish({ machine: inner, endpoint, network: '10.9.8.0/29' }));
    expect(setup('vpn.example.org').client).toContain('Endpoint = vpn.example.org:51820');
    expect(setup('2001:db8::1').client).toContain('Endpoint = [2001:db8::1]:51820');
    expect(setup('x').plan.v4).toEqual({ server: '10.9.8.1', client: '10.9.8.2', prefix: 29 });
  });
});

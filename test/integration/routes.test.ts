import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLibc } from '../../src/net/linux/libc.ts';
import { Routes } from '../../src/net/linux/routes.ts';
import { encodeAddress } from '../../src/net/linux/sockaddr.ts';
import { makeNamespace, type Namespace, namespacesMet } from '../lab/namespace.ts';

const EINVAL = 22;
const EACCES = 13;
const ENETUNREACH = 101;
const EHOSTUNREACH = 113;

/** Runs inside the namespace, whose routes it asks for: takes addresses, prints what it learned. */
const SCRIPT = `
const { loadLibc } = await import('DIST/libc.js');
const { Routes } = await import('DIST/routes.js');
const { readLinks } = await import('DIST/links.js');
const { encodeAddress } = await import('DIST/sockaddr.js');
const libc = await loadLibc();
const routes = Routes.open(libc);
const links = readLinks(libc);
const text = (bytes) => bytes === null ? null : bytes.length === 4 ? [...bytes].join('.') :
  new URL('http://[' + Buffer.from(bytes).toString('hex').match(/.{4}/g).join(':') + ']').hostname.slice(1, -1);
const look = (address) => {
  const { bytes, family } = encodeAddress(address.split('%')[0], () => 0);
  const scope = libc.interfaceIndex(address.split('%')[1] ?? '');
  return family === 2 ? routes.ipv4(bytes.readUInt32BE(4)) : routes.ipv6(bytes.subarray(8, 24), scope);
};
const found = JSON.parse(process.argv[1]).map((address) => {
  const route = look(address);
  if (look(address) !== route) throw new Error('asked twice for ' + address);
  const device = links.get(route.interfaceIndex)?.name ?? null;
  return { ...route, interfaceIndex: undefined, device, gateway: text(route.gateway), source: text(route.source) };
});
console.log(JSON.stringify({ found, hasPolicyRules: routes.hasPolicyRules }));
routes.close();
`.replaceAll('DIST', new URL('../../dist/net/linux', import.meta.url).href);

interface Seen {
  readonly kind: string;
  readonly device: string | null;
  readonly gateway: string | null;
  readonly source: string | null;
  readonly encapsulated: boolean;
  readonly error: number;
}

describe.skipIf(!namespacesMet())('routes', () => {
  let namespace: Namespace;
  beforeAll(() => {
    namespace = makeNamespace();
  });
  afterAll(() => namespace?.close());

  function ip(...args: string[]): void {
    namespace.exec('ip', ...args);
  }

  function ask(...addresses: string[]): { found: Seen[]; hasPolicyRules: boolean } {
    const args = ['--input-type=module', '-e', SCRIPT, JSON.stringify(addresses)];
    return JSON.parse(namespace.exec(process.execPath, ...args)) as ReturnType<typeof ask>;
  }

  function lookUp(...addresses: string[]): Seen[] {
    return ask(...addresses).found;
  }

  const sent = { encapsulated: false, error: 0 };
  const nowhere = { device: null, gateway: null, source: null, encapsulated: false };

  it.each(['v4', 'v6'] as const)(
    'lead to ourselves, onto the link and through a gateway: IP%s',
    (family) => {
      const { near, far } = namespace;
      const own = far[family];
      const [host, last, beyond] = [0, 1, 2].map((at) => namespace.spare(at, family));
      ip('route', 'add', host ?? '', 'dev', far.device);
      ip('route', 'add', last ?? '', 'via', near[family]);
      expect(lookUp(own, near[family], host ?? '', last ?? '', beyond ?? '')).toEqual([
        { ...sent, kind: 'local', device: 'lo', gateway: null, source: own },
        { ...sent, kind: 'unicast', device: far.device, gateway: null, source: own },
        { ...sent, kind: 'unicast', device: far.device, gateway: null, source: own },
        { ...sent, kind: 'unicast', device: far.device, gateway: near[family], source: own },
        { ...nowhere, kind: 'none', error: ENETUNREACH },
      ]);
    },
  );

  it.each(['v4', 'v6'] as const)('say why they lead nowhere: IP%s', (family) => {
    const kinds = ['blackhole', 'unreachable', 'prohibit'];
    const addresses = kinds.map((_, index) => namespace.spare(100 + index, family));
    kinds.forEach((kind, index) => ip('route', 'add', kind, addresses[index] ?? ''));
    const found = lookUp(...addresses);
    expect(found.map(({ kind, error }) => [kind, error])).toEqual([
      ['blackhole', EINVAL],
      ['unreachable', EHOSTUNREACH],
      ['prohibit', EACCES],
    ]);
  });

  it('may have an IPv6 gateway for IPv4', () => {
    const { near, far } = namespace;
    const target = namespace.spare(200);
    ip('route', 'add', target, 'via', 'inet6', near.v6, 'dev', far.device);
    expect(lookUp(target)).toEqual([
      { ...sent, kind: 'unicast', device: far.device, gateway: near.v6, source: far.v4 },
    ]);
  });

  it('are told apart by any prefix of any table', () => {
    const { near } = namespace;
    const inside = namespace.spare(256 + 7);
    const network = inside.replace(/\d+$/, '0/24');
    ip('route', 'add', network, 'via', near.v4);
    ip('route', 'add', 'unreachable', inside);
    ip('route', 'add', 'prohibit', namespace.spare(256 + 9), 'table', '77');
    ip('rule', 'add', 'to', namespace.spare(256 + 9), 'lookup', '77');
    const around = [6, 7, 8, 9, 10].map((at) => namespace.spare(256 + at));
    const { found, hasPolicyRules } = ask(...around);
    expect(found.map(({ kind }) => kind)).toEqual([
      'unicast',
      'unreachable',
      'unicast',
      'prohibit',
      'unicast',
    ]);
    expect(hasPolicyRules).toBe(false);
  });

  it('know broadcast and multicast', () => {
    const broadcast = namespace.far.v4.replace(/\d+$/, (last) => String(Number(last) | 3));
    ip('route', 'add', '224.0.0.0/4', 'dev', namespace.far.device);
    expect(lookUp(broadcast, '224.0.0.5').map(({ kind }) => kind)).toEqual([
      'broadcast',
      'multicast',
    ]);
  });

  it('take the interface of a link-local address', () => {
    ip('link', 'add', 'link', namespace.far.device, 'mv0', 'type', 'macvlan');
    ip('link', 'set', 'mv0', 'up');
    const devices = [namespace.far.device, 'mv0'];
    const found = lookUp(...devices.map((device) => `fe80::1%${device}`));
    expect(found.map(({ device, kind }) => [device, kind])).toEqual(
      devices.map((device) => [device, 'unicast']),
    );
  });

  it('take one of several next hops, and a device without link addresses', () => {
    const [both = '', tunnelled = ''] = [300, 301].map((at) => namespace.spare(at));
    const { near, far } = namespace;
    ip('tuntap', 'add', 'tun7', 'mode', 'tun');
    ip('link', 'set', 'tun7', 'up');
    ip('route', 'add', tunnelled, 'dev', 'tun7');
    ip('route', 'add', both, 'nexthop', 'via', near.v4, 'nexthop', 'dev', 'tun7');
    const [chosen, tunnel] = lookUp(both, tunnelled);
    expect([far.device, 'tun7']).toContain(chosen?.device);
    expect(chosen?.gateway).toBe(chosen?.device === 'tun7' ? null : near.v4);
    expect(tunnel).toMatchObject({ kind: 'unicast', device: 'tun7', gateway: null });
  });

  it('say when only the kernel can send', () => {
    const target = namespace.spare(400, 'v6');
    const hop = namespace.spare(401, 'v6');
    const { near, far } = namespace;
    ip(
      'route',
      'add',
      target,
      'encap',
      'seg6',
      'mode',
      'encap',
      'segs',
      hop,
      'via',
      near.v6,
      'dev',
      far.device,
    );
    expect(lookUp(target)).toMatchObject([{ kind: 'unicast', encapsulated: true }]);
  });

  it.each([
    ['-4', 'fwmark', '1'],
    ['-6', 'from', 'fd00::/8'],
    ['-4', 'not', 'to', '192.0.2.0/24'],
    ['-4', 'uidrange', '1-2'],
  ])('know that rules look at more than the destination: %s %s %s', (family, ...selector) => {
    expect(ask().hasPolicyRules).toBe(false);
    ip(family, 'rule', 'add', ...selector, 'lookup', '78');
    expect(ask().hasPolicyRules).toBe(true);
    ip(family, 'rule', 'del', ...selector, 'lookup', '78');
  });

  it('are read in this process', async () => {
    const libc = await loadLibc();
    const routes = Routes.open(libc);
    if (typeof routes === 'number') throw new Error(`error number ${-routes}`);
    const { near, far } = namespace;
    const [own, other] = [near.v4, far.v4].map((text) => encodeAddress(text, () => 0)?.bytes);
    const route = routes.ipv4(other?.readUInt32BE(4) ?? 0);
    routes.close();
    const interfaceIndex = libc.interfaceIndex(near.device);
    expect(route).toMatchObject({ kind: 'unicast', interfaceIndex, gateway: null });
    expect(route.source).toEqual(Uint8Array.from(own?.subarray(4, 8) ?? []));
  });

  it('know source-specific ones', () => {
    const target = namespace.spare(500, 'v6');
    ip('-6', 'route', 'add', target, 'from', 'fd00::/8', 'via', namespace.near.v6);
    expect(ask().hasPolicyRules).toBe(true);
  });
});

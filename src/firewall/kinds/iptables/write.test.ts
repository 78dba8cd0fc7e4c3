import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../model/machine.ts';
import { anyNetworkHas, readNetwork } from '../../../model/network.ts';
import { evaluate } from '../../evaluate.ts';
import type { Allowance, Intent } from '../../kind.ts';
import { iptables } from '../iptables.ts';

const MACHINE: Machine = {
  hostname: 'host',
  system: 'linux',
  devices: [
    { name: 'lo', addresses: [{ address: '127.0.0.1', prefix: 8 }], loopback: true, up: true },
    {
      name: 'eth0',
      addresses: [
        { address: '192.0.2.1', prefix: 24 },
        { address: '2001:db8::1', prefix: 64 },
      ],
      loopback: false,
      up: true,
    },
    { name: 'wg0', addresses: [], loopback: false, up: true },
  ],
  routes: [],
};
const SOURCES = ['203.0.113.9', '198.51.100.7', '2001:db8:9::9', '2001:db8:5::5'];
const BLOCKS = ['203.0.113.0/24', '198.51.100.7/32', '0.0.0.0/0', '2001:db8:9::/48', '::/0'];
const PORTS = [22, 53, 80, 443, 8000, 8080, 65_535];
const OWN = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;

const range = fc
  .tuple(fc.constantFrom(...PORTS), fc.constantFrom(...PORTS))
  .map(([a, b]): readonly [number, number] => [Math.min(a, b), Math.max(a, b)]);

const allowance: fc.Arbitrary<Allowance> = fc
  .record({
    transport: fc.constantFrom('tcp' as const, 'udp' as const),
    ports: range,
    families: fc.constantFrom([4, 6] as const, [4] as const, [6] as const),
    from: fc.option(fc.subarray(BLOCKS, { minLength: 1 }), { nil: undefined }),
    device: fc.option(fc.constantFrom('eth0', 'wg0'), { nil: undefined }),
    comment: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ from, device, comment, ...rest }) => ({
    ...rest,
    ...(from === undefined ? {} : { from }),
    ...(device === undefined ? {} : { device }),
    ...(comment === undefined ? {} : { comment }),
  }));

const packet = fc.record({
  source: fc.constantFrom(...SOURCES),
  transport: fc.constantFrom('tcp' as const, 'udp' as const),
  port: fc.oneof(fc.constantFrom(...PORTS), fc.integer({ min: 0, max: 65_535 })),
  device: fc.constantFrom('eth0', 'wg0'),
});
type Packet = typeof packet extends fc.Arbitrary<infer T> ? T : never;

function isAllowed({ allow }: Intent, { source, transport, port, device }: Packet): boolean {
  const family = source.includes(':') ? 6 : 4;
  return allow.some((each) => {
    const [first, last] = each.ports;
    const networks = each.from?.flatMap((block) => readNetwork(block) ?? []);
    const welcome =
      networks === undefined ? each.families.includes(family) : anyNetworkHas(networks, source);
    const through = each.device === undefined || each.device === device;
    return each.transport === transport && port >= first && port <= last && welcome && through;
  });
}

function value(address: string): bigint {
  return readNetwork(address)?.first ?? 0n;
}

function fatesOf(intent: Intent, { source, transport, port, device }: Packet): string[] {
  const sources = iptables.write(intent).map(({ path, text }) => ({ origin: path, text }));
  const layer = iptables.read(sources, 'saved');
  const family = source.includes(':') ? 6 : 4;
  const from = value(source);
  const to = value(OWN[family]);
  const question = {
    family,
    protocol: transport === 'tcp' ? 6 : 17,
    source: [from, from + 1n],
    destination: [to, to + 1n],
    sourcePort: [40_000, 40_001],
    destinationPort: [port, port + 1],
    inDevice: [device],
  } as const;
  return evaluate([layer], question, MACHINE).map(({ fate }) => fate);
}

describe('writing an intent', () => {
  it('answers every question as the intent does', () => {
    const intent = fc.record({ allow: fc.array(allowance, { maxLength: 20 }) });
    fc.assert(
      fc.property(intent, packet, (asked, one) => {
        expect(fatesOf(asked, one)).toEqual([isAllowed(asked, one) ? 'accept' : 'drop']);
      }),
      { numRuns: 500 },
    );
  });

  it('joins ports that are let in alike, fifteen to a rule', () => {
    const allow = Array.from({ length: 20 }, (_, at) => ({
      transport: 'tcp' as const,
      ports: [100 + at * 2, 100 + at * 2] as const,
      families: [4] as const,
    }));
    const [v4, v6] = iptables.write({ allow });
    expect(v4?.text.match(/--dports \S+/g)?.map((text) => text.split(',').length)).toEqual([15, 5]);
    expect(v6?.text).not.toContain('dport');
  });

  it('keeps comments in their quotes', () => {
    const comment = 'a "b" \\ c\n-j DROP';
    const allow = [
      { transport: 'tcp' as const, ports: [22, 22] as const, families: [4] as const, comment },
    ];
    const [v4] = iptables.write({ allow });
    const layer = iptables.read([{ origin: 'rules.v4', text: v4?.text ?? '' }], 'saved');
    const rules = layer.tables[0]?.chains[0]?.rules ?? [];
    expect(rules.at(-1)?.comment).toBe('a "b" \\ c -j DROP');
  });

  it.each([
    [{ from: ['203.0.113.0/33'] }, '"203.0.113.0/33" is no CIDR block'],
    [{ ports: [22, 21] as const }, 'no such ports'],
    [{ device: 'a b' }, '"a b" is no device'],
    [{ device: 'eth+' }, '"eth+" is no device'],
  ])('refuses %j', (part, problem) => {
    const plain = { transport: 'tcp' as const, ports: [22, 22] as const, families: [4] as const };
    expect(() => iptables.write({ allow: [{ ...plain, ...part }] })).toThrow(problem);
  });
});

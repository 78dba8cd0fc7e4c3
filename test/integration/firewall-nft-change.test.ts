import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Allowance, Change, Intent } from '../../src/firewall/kind.ts';
import { nftables } from '../../src/firewall/kinds/nftables/nftables.ts';
import type { Layer } from '../../src/firewall/layer.ts';
import { anyNetworkHas, readNetwork } from '../../src/model/network.ts';
import { type FirewallLab, type LabPacket, makeFirewallLab } from '../lab/firewall-lab.ts';
import {
  arbitraryPackets,
  compareFates,
  describeDisagreement,
  PLACES,
  PORTS,
} from '../lab/firewall-packets.ts';
import { makeNamespace, namespacesMet } from '../lab/namespace.ts';

const change = (wanted: Partial<Change>, layers: readonly Layer[] = []) =>
  nftables.change(
    { transport: 'tcp', port: 5432, families: [4, 6], reason: 'a test', ...wanted },
    layers,
  );

let lab: FirewallLab;

function layerOf(): Layer {
  const text = lab.read('nft', '-j', 'list', 'ruleset');
  return nftables.read([{ origin: 'nft -j list ruleset', text }], 'live');
}

/** Fates of connections to a port over each family, by device and source. */
function fates(port: number, device = 'eth0', v4 = '203.0.113.9', v6 = '2001:db8:9::9') {
  const packet = { device, protocol: 'tcp', port, sourcePort: 40_000 } as const;
  const packets: LabPacket[] = [
    { ...packet, source: v4, destination: '192.0.2.1' },
    { ...packet, source: v6, destination: '2001:db8::1' },
  ];
  return lab.send(packets).map(({ fate }) => fate);
}

const OPEN = ['accept', 'accept'];
const CLOSED = ['drop', 'drop'];
const OTHERS = `table inet filter {
chain input {
type filter hook input priority filter; policy drop;
tcp dport { 22, 5432 } accept
}
}
`;

const allowance: fc.Arbitrary<Allowance> = fc.record(
  {
    transport: fc.constantFrom('tcp', 'udp'),
    ports: fc
      .tuple(fc.constantFrom(...PORTS), fc.constantFrom(0, 0, 100))
      .map(([first, more]) => [first, Math.min(first + more, 65_535)] as const),
    families: fc.constantFrom([4, 6], [4], [6]),
    from: fc.uniqueArray(
      fc.constantFrom(
        ...['10.0.0.0/8', '192.0.2.0/24', '192.0.2.64/26', '198.51.100.7', '203.0.113.8/31'],
        ...['2001:db8::/32', '2001:db8:1::/48', 'fd00:17::2/128'],
      ),
      { minLength: 1 },
    ),
    device: fc.constantFrom('eth0', 'eth1'),
    comment: fc.string({ unit: 'grapheme', maxLength: 200 }),
  },
  { requiredKeys: ['transport', 'ports', 'families'] },
);

/** Asks for nothing that IP needs. */
const TIMESTAMP_REQUEST = 13;

function isAllowed({ allow }: Intent, packet: LabPacket): boolean {
  if (packet.protocol === 'icmp') return packet.icmpType !== TIMESTAMP_REQUEST;
  const family = readNetwork(packet.source)?.family ?? 4;
  return allow.some(({ transport, ports, families, from, device }) => {
    const networks = from?.flatMap((block) => readNetwork(block) ?? []);
    return (
      transport === packet.protocol &&
      ports[0] <= (packet.port ?? 0) &&
      (packet.port ?? 0) <= ports[1] &&
      (device === undefined || device === packet.device) &&
      (networks === undefined ? families.includes(family) : anyNetworkHas(networks, packet.source))
    );
  });
}

/** Forwarded packets are not what an intent is about. */
const OWN: ReadonlySet<string> = new Set([...PLACES[4].own, ...PLACES[6].own]);

describe.skipIf(!namespacesMet('nft', 'nsenter', 'sysctl'))('nftables written and changed', () => {
  beforeAll(async () => {
    lab = await makeFirewallLab();
  });

  afterAll(() => {
    lab.close();
  });

  it('writes configurations by which the kernel does what was intended', () => {
    const intents = fc.record({ allow: fc.array(allowance, { maxLength: 5 }) });
    const property = fc.property(intents, arbitraryPackets(40), (intent, all) => {
      const [file] = nftables.write(intent);
      expect(lab.load({ nft: file?.text ?? '' })).toBe('');
      const packets = all.filter(({ destination }) => OWN.has(destination));
      const seen = lab.send(packets);
      expect(seen.map(({ fate }) => fate === 'accept')).toEqual(
        packets.map((packet) => isAllowed(intent, packet)),
      );
      const written = nftables.read([{ origin: 'file', text: file?.text ?? '' }], 'live');
      for (const layer of [written, layerOf()]) {
        const { wrong, unknown } = compareFates([layer], lab.machine, packets, seen);
        expect([...wrong, ...unknown].map(describeDisagreement)).toEqual([]);
      }
    });
    fc.assert(property, { numRuns: 30 });
  });

  it('closes a port whatever accepts it, and takes that back', () => {
    lab.load({ nft: OTHERS });
    const before = lab.read('nft', 'list', 'ruleset');
    const script = change({}, [layerOf()]);
    expect(script.warnings.join('\n')).toContain('"tcp dport { 22, 5432 } accept" (handle ');
    run(script.apply);
    expect([fates(5432), fates(22)]).toEqual([CLOSED, OPEN]);
    run(script.apply);
    expect(layerOf().tables.map(({ name }) => name)).toEqual(['filter', 'postern_tcp_5432']);
    run(script.undo);
    expect(fates(5432)).toEqual(OPEN);
    expect(lab.read('nft', 'list', 'ruleset')).toBe(before);
    run(script.undo);
    expect(lab.read('nft', 'list', 'ruleset')).toBe(before);
  });

  it('restricts a port to networks, and to a device', () => {
    lab.load({ nft: OTHERS });
    run(change({ only: ['198.51.100.0/24', '2001:db8:1::/48'] }).apply);
    expect(fates(5432)).toEqual(CLOSED);
    expect(fates(5432, 'eth0', '198.51.100.7', '2001:db8:1::7')).toEqual(OPEN);
    run(change({ only: ['198.51.100.0/24'], device: 'eth1' }).apply);
    expect(fates(5432, 'eth0', '198.51.100.7', '2001:db8:1::7')).toEqual(CLOSED);
    expect(fates(5432, 'eth1', '198.51.100.7', '2001:db8:1::7')).toEqual(['accept', 'drop']);
    run(change({ families: [4] }).apply);
    expect(fates(5432)).toEqual(['drop', 'accept']);
  });

  it('leaves other changes alone when one is taken back', () => {
    lab.load({ nft: OTHERS });
    const one = change({});
    const other = change({ port: 22 });
    run([...one.apply, ...other.apply, ...one.undo]);
    expect([fates(5432), fates(22)]).toEqual([OPEN, CLOSED]);
  });

  const earlier: readonly Partial<Change>[] = [
    {},
    { families: [6] },
    { only: ['198.51.100.0/24'] },
    { only: ['198.51.100.0/25', '198.51.100.128/26', '2001:db8::/32'], families: [4, 6] },
    { device: 'eth1' },
    { device: 'eth1', only: ['10.0.0.0/8', '10.128.0.0/9'], families: [4] },
    { device: 'eth1', only: ['2001:db8::/32'] },
    { forwarded: { address: '172.17.0.2', port: 80 } },
    { transport: 'udp', only: ['10.0.0.0/8'] },
  ];
  it.each(earlier)('brings an earlier change back: %j', (wanted) => {
    lab.load({ nft: OTHERS });
    run(change(wanted).apply);
    const before = stateless();
    const later = change({ transport: wanted.transport ?? 'tcp', only: ['203.0.113.0/24'] }, [
      layerOf(),
    ]);
    run(later.apply);
    expect(stateless()).not.toBe(before);
    run(later.undo);
    expect(stateless()).toBe(before);
  });

  it('replaces no table that is not as it writes it', () => {
    lab.load({ nft: `${OTHERS}table inet postern_tcp_5432 {\nchain input {\n}\n}\n` });
    expect(() => change({}, [layerOf()])).toThrow(
      expect.objectContaining({ code: 'REMEDY_IMPOSSIBLE' }),
    );
  });

  it('closes the port of a container before it is translated', () => {
    const nat = `table ip nat {
chain PREROUTING {
type nat hook prerouting priority dstnat; policy accept;
fib daddr type local tcp dport 5432 dnat to 172.17.0.2:80
}
}
`;
    lab.load({ nft: nat });
    const packet: LabPacket = {
      ...{ device: 'eth0', protocol: 'tcp', source: '203.0.113.9', sourcePort: 40_000 },
      ...{ destination: '192.0.2.1', port: 5432 },
    };
    expect(lab.send([packet])).toEqual([
      { fate: 'accept', path: 'forward', port: 80, device: 'docker0' },
    ]);
    const forwarded = { address: '172.17.0.2', port: 80 };
    const script = change({ forwarded, only: ['198.51.100.0/24'] }, [layerOf()]);
    run(script.apply);
    expect(lab.send([packet])).toEqual([{ fate: 'drop' }]);
    expect(lab.send([{ ...packet, source: '198.51.100.7' }])[0]?.fate).toBe('accept');
    run(script.undo);
    expect(lab.send([packet])[0]?.fate).toBe('accept');
  });

  it('closes a port that the host redirects to another', () => {
    const nat = `table inet nat {
chain prerouting {
type nat hook prerouting priority dstnat; policy accept;
tcp dport 5432 redirect to :8080
}
}
`;
    lab.load({ nft: nat });
    expect([fates(5432), fates(8080)]).toEqual([OPEN, OPEN]);
    run(change({}, [layerOf()]).apply);
    expect([fates(5432), fates(8080)]).toEqual([CLOSED, OPEN]);
  });

  it('takes the blocks of a country', () => {
    lab.load({ nft: OTHERS });
    const only = Array.from({ length: 10_000 }, (_, at) => `11.${at >> 8}.${at & 255}.0/25`);
    run(change({ only }).apply);
    expect(fates(5432, 'eth0', '11.39.15.127', '2001:db8:9::9')).toEqual(['accept', 'drop']);
    expect(fates(5432, 'eth0', '11.39.15.128', '2001:db8:9::9')).toEqual(CLOSED);
  });
});

describe.skipIf(!namespacesMet('nft'))('what is connected', () => {
  it('goes on over a closed port that connection tracking had not seen', async () => {
    const namespace = makeNamespace();
    try {
      await namespace.script(ECHO, 7432);
      const old = await dial(namespace.far.v4);
      const [command] = change({ port: 7432 }).apply;
      namespace.nft(command?.stdin ?? '');
      old.write('still there?');
      expect(String((await once(old, 'data'))[0])).toBe('still there?');
      const fresh = connect({ host: namespace.far.v4, port: 7432 });
      const outcome = await Promise.race([
        once(fresh, 'connect').then(() => 'connected'),
        once(old, 'close').then(() => 'old connection closed'),
        new Promise((resolve) => setTimeout(resolve, 700, 'silence')),
      ]);
      expect(outcome).toBe('silence');
      fresh.destroy();
      old.destroy();
    } finally {
      namespace.close();
    }
  });
});

const ECHO = `
require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket))
  .listen({ port: JSON.parse(process.argv[1]), host: '::' }, () => require('node:fs').writeSync(1, 'ready'));
process.stdin.resume().on('end', () => process.exit());
`;

async function dial(host: string): Promise<Socket> {
  const socket = connect({ host, port: 7432 });
  await once(socket, 'connect');
  return socket;
}

function run(commands: readonly { readonly stdin?: string }[]): void {
  for (const { stdin } of commands) {
    lab.namespace.nft(stdin ?? '');
  }
}

function stateless(): string {
  return lab.read('nft', '-s', 'list', 'ruleset');
}

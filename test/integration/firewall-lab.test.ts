import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FirewallLab, type LabPacket, makeFirewallLab } from '../lab/firewall-lab.ts';
import { namespacesMet } from '../lab/namespace.ts';

const TOOLS = ['nft', 'nsenter', 'sysctl', 'iptables-nft-restore', 'iptables-legacy-restore'];

/** A packet of each family and transport to port `port`, from an address of another network. */
function packets(port: number, device = 'eth0'): LabPacket[] {
  const v4 = { device, source: '203.0.113.9', destination: '192.0.2.1', sourcePort: 1025, port };
  const v6 = { ...v4, source: '2001:db8:9::9', destination: '2001:db8::1' };
  return [v4, v6].flatMap((packet) =>
    (['tcp', 'udp', 'icmp'] as const).map((protocol) => ({ ...packet, protocol })),
  );
}

/** A table of one chain. */
function table(family: string, hook: string, rules: string): string {
  return `table ${family} t {\nchain c {\n${hook}\n${rules}\n}\n}\n`;
}

const ARRIVED = { fate: 'accept', path: 'input' };

describe.skipIf(!namespacesMet(...TOOLS))('the firewall lab', () => {
  let lab: FirewallLab;

  beforeAll(async () => {
    lab = await makeFirewallLab();
  });

  afterAll(() => {
    lab.close();
  });

  it('lets everything in without rules', () => {
    expect(lab.load({})).toBe('');
    for (const device of ['eth0', 'eth1', 'docker0']) {
      const fates = lab.send(packets(22, device));
      expect(fates.map((fate) => fate.fate)).toEqual(Array(6).fill('accept'));
      expect(fates[0]).toEqual({ ...ARRIVED, port: 22 });
    }
  });

  it('tells what nftables drops and rejects', () => {
    const rules = table(
      'inet',
      'type filter hook input priority 0;',
      `tcp dport 22 drop; udp dport 22 reject; tcp dport 23 reject with tcp reset;`,
    );
    expect(lab.load({ nft: rules })).toBe('');
    expect(lab.send(packets(22)).map(({ fate }) => fate)).toEqual([
      ...['drop', 'reject', 'accept'],
      ...['drop', 'reject', 'accept'],
    ]);
    expect(lab.send(packets(23)).map(({ fate }) => fate)).toEqual([
      ...['reject', 'accept', 'accept'],
      ...['reject', 'accept', 'accept'],
    ]);
  });

  it.each(['nft', 'legacy'] as const)(
    'loads iptables of the %s back end, and clears it',
    (backend) => {
      const rules = '*filter\n-A INPUT -p tcp --dport 22 -j DROP\nCOMMIT\n';
      expect(lab.load({ backend, iptables: rules })).toBe('');
      const [tcp, , , tcp6] = lab.send(packets(22)).map(({ fate }) => fate);
      expect([tcp, tcp6]).toEqual(['drop', 'accept']);
      expect(lab.load({ backend, ip6tables: rules })).toBe('');
      const [again, , , again6] = lab.send(packets(22)).map(({ fate }) => fate);
      expect([again, again6]).toEqual(['accept', 'drop']);
    },
  );

  it('says what the tools complained of', () => {
    expect(lab.load({ nft: 'table inet t { chain nonsense' })).toContain('syntax error');
    expect(lab.load({ iptables: '*filter\n-A INPUT --nonsense\nCOMMIT\n' })).toContain('nonsense');
  });

  it('tells where translated packets arrive', () => {
    const rules = table(
      'ip',
      ' type nat hook prerouting priority -100;',
      `tcp dport 80 redirect to :8080; udp dport 80 dnat to 172.17.0.2:53;`,
    );
    expect(lab.load({ nft: rules })).toBe('');
    const [tcp, udp] = lab.send(packets(80));
    expect(tcp).toEqual({ ...ARRIVED, port: 8080 });
    expect(udp).toEqual({ fate: 'accept', path: 'forward', port: 53, device: 'docker0' });
  });

  it('forgets connections between two calls', () => {
    const rules = table(
      'inet',
      'type filter hook input priority 0;',
      ` policy drop;
      ct state established accept; tcp dport 22 ct state new accept;`,
    );
    expect(lab.load({ nft: rules })).toBe('');
    const [first] = lab.send(packets(22));
    expect(lab.load({ nft: rules.replace('dport 22', 'dport 23') })).toBe('');
    const [second] = lab.send(packets(22));
    expect([first?.fate, second?.fate]).toEqual(['accept', 'drop']);
  });

  it('loses nothing of many', () => {
    const rules = table('inet', 'type filter hook input priority 0;', 'udp dport 7 drop');
    expect(lab.load({ nft: rules })).toBe('');
    const many = Array.from({ length: 1000 }, (_, at) => ({
      device: at % 2 === 0 ? 'eth0' : 'eth1',
      source: '203.0.113.9',
      destination: '192.0.2.1',
      protocol: 'udp' as const,
      sourcePort: 1025 + at,
      port: at % 3 === 0 ? 7 : 8,
    }));
    const expected = many.map(({ port }) => (port === 7 ? { fate: 'drop' } : { ...ARRIVED, port }));
    expect(lab.send(many)).toEqual(expected);
  });
});

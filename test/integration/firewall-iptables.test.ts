import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../src/firewall/evaluate.ts';
import type { Change, Command, Intent } from '../../src/firewall/kind.ts';
import { iptables } from '../../src/firewall/kinds/iptables.ts';
import type { Layer } from '../../src/firewall/layer.ts';
import {
  type FirewallLab,
  type LabPacket,
  type LabRules,
  makeFirewallLab,
} from '../lab/firewall-lab.ts';
import {
  arbitraryPackets,
  compareFates,
  describeDisagreement,
  questionOf,
} from '../lab/firewall-packets.ts';
import { arbitraryRules, probes, SETS } from '../lab/iptables-rules.ts';
import { namespacesMet } from '../lab/namespace.ts';

const TOOLS = [
  'nft',
  'nsenter',
  'sysctl',
  'ipset',
  'iptables-nft-restore',
  'iptables-legacy-restore',
];
const BACKENDS = ['nft', 'legacy'] as const;
const FIXTURES = join(import.meta.dirname, '../fixtures/firewall/iptables');
const PACKETS = 40;
/** How many rulesets the two back ends get together. */
const RULESETS = Number(process.env['POSTERN_FIREWALL_RULESETS'] ?? 150);
/** A bound for a hang: a ruleset takes some 30 ms. */
const RULESET_MS = 1000;

function fixtureRules(name: string): LabRules {
  const text = readFileSync(join(FIXTURES, name), 'utf8');
  const set = name.replace(/\.v[46]$/, '.ipset');
  const rules = name.endsWith('4') ? { iptables: text } : { ip6tables: text };
  if (!readdirSync(FIXTURES).includes(set)) return rules;
  return { ...rules, ipset: readFileSync(join(FIXTURES, set), 'utf8') };
}

describe.skipIf(!namespacesMet(...TOOLS))('iptables', () => {
  let lab: FirewallLab;

  beforeAll(async () => {
    lab = await makeFirewallLab();
  });

  afterAll(() => {
    lab.close();
  });

  /** The live rules as the back end's own tools tell them. */
  function readLive(backend: 'nft' | 'legacy') {
    const commands = [`iptables-${backend}-save`, `ip6tables-${backend}-save`];
    const texts = commands.map((origin) => ({ origin, text: lab.read(origin) }));
    const sets = { origin: 'ipset save', text: lab.read('ipset', 'save') };
    return iptables.read([...texts, sets], 'live');
  }

  function lackingOf(backend: 'nft' | 'legacy'): ReadonlySet<string> {
    const lacking = probes().filter(
      (probe) => lab.load({ backend, ipset: SETS, iptables: probe.iptables }) !== '',
    );
    const names = lacking.map(({ name }) => name);
    if (names.length > 0)
      process.stderr.write(`this kernel lacks for iptables: ${names.join(', ')}\n`);
    return new Set(names);
  }

  describe.each(BACKENDS)('with the %s back end', (backend) => {
    it(
      'does to packets what was said of them',
      () => {
        let asked = 0;
        const property = fc.property(
          arbitraryRules(lackingOf(backend)),
          arbitraryPackets(PACKETS),
          (rules, packets) => {
            expect(lab.load({ ...rules, ipset: SETS, backend })).toBe('');
            const fates = lab.send(packets);
            const compared = compareFates([readLive(backend)], lab.machine, packets, fates);
            asked += packets.length;
            expect([...compared.wrong, ...compared.unknown].map(describeDisagreement)).toEqual([]);
          },
        );
        fc.assert(property, { numRuns: Math.ceil(RULESETS / BACKENDS.length) });
        process.stderr.write(`iptables-${backend}: ${asked} packets, all as said\n`);
      },
      60_000 + RULESETS * RULESET_MS,
    );

    const fixtures = readdirSync(FIXTURES).filter((name) => /\.v[46]$/.test(name));
    it.each(fixtures)('does under %s what was said', (name) => {
      expect(lab.load({ ...fixtureRules(name), backend })).toBe('');
      const packets = fc.sample(arbitraryPackets(PACKETS), 10).flat();
      const layer = readLive(backend);
      // Ten times as many packets as a burst allows: those below a rate cannot be told from those above.
      const plain = packets.filter((packet) => !isLimited(layer, packet));
      const compared = compareFates([layer], lab.machine, plain, lab.send(plain));
      expect(compared.wrong.map(describeDisagreement)).toEqual([]);
      expect(plain.length).toBeGreaterThan(compared.unknown.length);
    });

    /** iptables-nft 1.8.9 drops what comes from another port or goes to another one. */
    it('says nothing wrong of two ports that are not to be', () => {
      const text = '*filter\n-A INPUT -p udp -m udp ! --sport 1024 ! --dport 22 -j DROP\nCOMMIT\n';
      expect(lab.load({ iptables: text, backend })).toBe('');
      const base = { device: 'eth0', source: '203.0.113.9', destination: '192.0.2.1' } as const;
      const packets = [1024, 1025].flatMap((sourcePort) =>
        [22, 23].map((port) => ({ ...base, protocol: 'udp' as const, sourcePort, port })),
      );
      const compared = compareFates([readLive(backend)], lab.machine, packets, lab.send(packets));
      expect(compared.wrong).toEqual([]);
      expect(compared.unknown).toHaveLength(backend === 'nft' ? packets.length : 0);
    });

    function isLimited(layer: Layer, packet: LabPacket): boolean {
      const parts = evaluate([layer], questionOf(packet), lab.machine);
      return parts.some(({ conditions }) => conditions.length > 0);
    }

    /** Fates of a TCP SYN to `port` from an address of each family, and of an ACK to it. */
    function knock(port: number): string[] {
      const syn = (source: string, destination: string): LabPacket => ({
        device: 'eth0',
        source,
        destination,
        protocol: 'tcp',
        sourcePort: 40_000,
        port,
      });
      const v4 = syn('203.0.113.9', '192.0.2.1');
      const v6 = syn('2001:db8:9::9', '2001:db8::1');
      const known = { ...v4, sourcePort: 40_001, tcpFlags: 16 };
      return lab.send([v4, v6, known]).map(({ fate }) => fate);
    }

    function carryOut(commands: readonly Command[]): void {
      for (const command of commands) lab.run(command);
    }

    function savedText(): string {
      const texts = [`iptables-${backend}-save`, `ip6tables-${backend}-save`].map((command) =>
        lab.read(command),
      );
      return texts.join('').replace(/^#.*\n|\[\d+:\d+\]/gm, '');
    }

    const POLICY_ONLY =
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
    const WITH_RULES = POLICY_ONLY.replace(
      'COMMIT',
      '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 5432 -j ACCEPT\nCOMMIT',
    );
    const CLOSE: Change = { transport: 'tcp', port: 5432, families: [4, 6], reason: 'a "test"' };

    it.each([
      ['rules', WITH_RULES],
      ['policies only', POLICY_ONLY],
    ])('closes a port of a host with %s, and opens it again', (_, text) => {
      expect(lab.load({ iptables: text, ip6tables: text, backend })).toBe('');
      const before = savedText();
      const { apply, undo } = iptables.change(CLOSE, [readLive(backend)]);
      expect(knock(5432)).toEqual(['accept', 'accept', 'accept']);
      carryOut(apply);
      expect(knock(5432)).toEqual(['drop', 'drop', 'accept']);
      expect(knock(5433)).toEqual(['accept', 'accept', 'accept']);
      const once = savedText();
      const again = iptables.change(CLOSE, [readLive(backend)]);
      carryOut(again.apply);
      expect(savedText()).toBe(once);
      carryOut(undo);
      expect(savedText()).toBe(before);
      expect(knock(5432)).toEqual(['accept', 'accept', 'accept']);
    });

    it('restricts a port, replaces that by another change, and goes back to it', () => {
      expect(lab.load({ iptables: WITH_RULES, ip6tables: WITH_RULES, backend })).toBe('');
      const only = ['203.0.113.0/24', '2001:db8:ff::/48'];
      carryOut(iptables.change({ ...CLOSE, only }, [readLive(backend)]).apply);
      expect(knock(5432)).toEqual(['accept', 'drop', 'accept']);
      const restricted = savedText();
      const other = iptables.change({ ...CLOSE, only: ['2001:db8:9::9'] }, [readLive(backend)]);
      carryOut(other.apply);
      expect(knock(5432)).toEqual(['drop', 'accept', 'accept']);
      carryOut(other.undo);
      expect(savedText()).toBe(restricted);
    });

    it('closes what Docker hands on to a container', () => {
      const text = readFileSync(join(FIXTURES, 'docker-27.v4'), 'utf8');
      expect(lab.load({ iptables: text, backend })).toBe('');
      const before = savedText();
      const forwarded = { address: '172.17.0.2', port: 80 };
      const asked: Change = { ...CLOSE, port: 8080, families: [4], forwarded };
      const { apply, undo } = iptables.change(asked, [readLive(backend)]);
      expect(knock(8080)[0]).toBe('accept');
      carryOut(apply);
      expect(knock(8080)[0]).toBe('drop');
      const packet = {
        device: 'eth0',
        source: '203.0.113.9',
        destination: '192.0.2.1',
        sourcePort: 1,
        port: 8080,
      };
      const compared = compareFates(
        [readLive(backend)],
        lab.machine,
        [{ ...packet, protocol: 'tcp' }],
        [{ fate: 'drop' }],
      );
      expect(compared).toEqual({ wrong: [], unknown: [] });
      carryOut(undo);
      expect(savedText()).toBe(before);
    });

    it('takes ten thousand blocks', () => {
      expect(lab.load({ iptables: WITH_RULES, ip6tables: WITH_RULES, backend })).toBe('');
      const only = Array.from(
        { length: 10_000 },
        (_, at) => `10.${at >> 7}.${(at & 127) * 2}.0/24`,
      );
      const { apply, undo, warnings } = iptables.change({ ...CLOSE, only }, [readLive(backend)]);
      carryOut(apply);
      expect(knock(5432)).toEqual(['drop', 'drop', 'accept']);
      expect(warnings.join(' ')).toContain('10000 IPv4 blocks');
      carryOut(undo);
      expect(knock(5432)).toEqual(['accept', 'accept', 'accept']);
    });

    it('loads what it writes', () => {
      const allow: Intent['allow'] = [
        {
          transport: 'tcp',
          ports: [22, 22],
          families: [4, 6],
          from: ['203.0.113.0/24'],
          comment: 'a "b"',
        },
        { transport: 'tcp', ports: [5432, 5433], families: [6], device: 'eth0' },
      ];
      const [v4, v6] = iptables.write({ allow });
      expect(lab.load({ iptables: v4?.text ?? '', ip6tables: v6?.text ?? '', backend })).toBe('');
      expect(knock(22)).toEqual(['accept', 'drop', 'accept']);
      expect(knock(5433)).toEqual(['drop', 'accept', 'drop']);
    });
  });

  it.each([
    [
      'rules',
      'chain INPUT { type filter hook input priority 0; policy drop;\nct state vmap { new : accept }\n}',
    ],
    ['base chains', 'chain OTHER { type filter hook input priority 5; policy drop;\n}'],
  ])('says when nft has put %s in a table that iptables cannot express', (_, chain) => {
    expect(lab.load({ nft: `table ip filter {\n${chain}\n}\n` })).toBe('');
    const text = lab.read('iptables-nft-save');
    const { unread } = iptables.read([{ origin: 'iptables-nft-save', text }], 'live');
    expect(unread).toEqual([
      'iptables-nft-save: table filter holds rules that iptables cannot express',
    ]);
  });
});

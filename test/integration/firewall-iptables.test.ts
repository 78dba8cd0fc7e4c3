import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIptables } from '../../src/firewall/kinds/iptables/read.ts';
import { type FirewallLab, makeFirewallLab } from '../lab/firewall-lab.ts';
import { arbitraryPackets, compareFates, describeDisagreement } from '../lab/firewall-packets.ts';
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
    return readIptables([...texts, sets], 'live');
  }

  function lackingOf(backend: 'nft' | 'legacy'): ReadonlySet<string> {
    const lacking = probes().filter(
      ({ iptables }) => lab.load({ backend, ipset: SETS, iptables }) !== '',
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
        let unknown = 0;
        let asked = 0;
        const property = fc.property(
          arbitraryRules(lackingOf(backend)),
          arbitraryPackets(PACKETS),
          (rules, packets) => {
            expect(lab.load({ ...rules, ipset: SETS, backend })).toBe('');
            const fates = lab.send(packets);
            const compared = compareFates([readLive(backend)], lab.machine, packets, fates);
            unknown += compared.unknown.length;
            for (const u of compared.unknown)
              console.log('UNKNOWN', describeDisagreement(u), JSON.stringify(rules));
            asked += packets.length;
            expect(compared.wrong.map(describeDisagreement)).toEqual([]);
          },
        );
        fc.assert(property, { numRuns: Math.ceil(RULESETS / BACKENDS.length) });
        process.stderr.write(`iptables-${backend}: ${asked} packets, ${unknown} unknown\n`);
        expect(unknown).toBe(0);
      },
      60_000 + RULESETS * RULESET_MS,
    );

    const fixtures = readdirSync(FIXTURES).filter((name) => /\.v[46]$/.test(name));
    it.each(fixtures)('takes %s', (name) => {
      const text = readFileSync(join(FIXTURES, name), 'utf8');
      const set = name.replace(/\.v[46]$/, '.ipset');
      const ipset = readdirSync(FIXTURES).includes(set)
        ? { ipset: readFileSync(join(FIXTURES, set), 'utf8') }
        : {};
      const rules = name.endsWith('4') ? { iptables: text } : { ip6tables: text };
      expect(lab.load({ ...rules, ...ipset, backend })).toBe('');
    });
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../../src/firewall/kinds/nftables/read.ts';
import { type FirewallLab, makeFirewallLab } from '../lab/firewall-lab.ts';
import { arbitraryPackets, compareFates, describeDisagreement } from '../lab/firewall-packets.ts';
import { namespacesMet } from '../lab/namespace.ts';
import { rulesets } from '../lab/nft-rulesets.ts';

/** 5,000 is the full size. */
const RULESETS = Number(process.env['POSTERN_FIREWALL_RULESETS'] ?? 150);
/** Shrinking a case of the full size takes longer than a run of the small one. */
const SHRINK_UP_TO = 500;
const PACKETS = 40;
/** A bound for a hang: a ruleset takes some 60 ms. */
const RULESET_MS = 2000;
/** Rules that nft refuses teach nothing; more than this means that the generator is wrong. */
const MOST_REFUSED = 0.1;
/** A map over masked marks that calls several chains is all that the generator makes and nobody reads. */
const MOST_UNKNOWN = 0.02;

/** Undefined where nft 1.0.6 stops at an assertion of its own: one ruleset in some thousands. */
function listed(lab: FirewallLab): string | undefined {
  try {
    return lab.read('nft', '-j', 'list', 'ruleset');
  } catch (thrown) {
    if (String(thrown).includes('Assertion')) return undefined;
    throw thrown;
  }
}

describe.skipIf(!namespacesMet('nft', 'nsenter', 'sysctl'))('nftables', () => {
  let lab: FirewallLab;

  beforeAll(async () => {
    lab = await makeFirewallLab();
  });

  afterAll(() => {
    lab.close();
  });

  /** Merged by nft 1.0.6, and listed as if they were not. */
  it.each([
    ['udp sport != 1024 udp dport != 22', 4],
    ['udp dport != 22 udp sport != 1024', 4],
    ['udp sport != { 1024 } udp dport != 22', 4],
    ['udp dport 22 return; udp sport != 1024', 0],
    ['udp sport 1024 udp dport != 22', 0],
    ['udp sport != 1024-1030 udp dport != 22', 0],
    ['udp sport != { 1024, 1030 } udp dport != 22', 0],
  ])('says nothing wrong of %s, nor more than it knows', (rule, doubtful) => {
    const text = `table inet t {\nchain i {\ntype filter hook input priority 0;\n${rule} drop\n}\n}\n`;
    expect(lab.load({ nft: text })).toBe('');
    const base = { device: 'eth0', source: '203.0.113.9', destination: '192.0.2.1' } as const;
    const packets = [1024, 1040].flatMap((sourcePort) =>
      [22, 23].map((port) => ({ ...base, protocol: 'udp' as const, sourcePort, port })),
    );
    const fates = lab.send(packets);
    for (const [origin, given] of Object.entries({ json: listed(lab) ?? '', text })) {
      const layer = read([{ origin, text: given }], 'live');
      const { wrong, unknown } = compareFates([layer], lab.machine, packets, fates);
      expect(wrong.map(describeDisagreement)).toEqual([]);
      expect(unknown).toHaveLength(doubtful);
    }
  });

  it(
    'does to packets what was said of them, from JSON and from text',
    () => {
      const refused = new Map<string, number>();
      const tally = { rulesets: 0, packets: 0, unknown: 0 };
      const refuse = (complaint: string) => {
        const [line = ''] = complaint.split('\n');
        const reason = line.replace(/^.*: Error: /, '');
        refused.set(reason, (refused.get(reason) ?? 0) + 1);
      };
      const property = fc.property(rulesets, arbitraryPackets(PACKETS), (rules, packets) => {
        const complaint = lab.load({ nft: rules });
        if (complaint !== '') return refuse(complaint);
        const json = listed(lab);
        if (json === undefined) return refuse('nft -j list ruleset fails');
        const fates = lab.send(packets);
        for (const [origin, text] of Object.entries({ json, text: rules })) {
          const layer = read([{ origin, text }], 'live');
          const { wrong, unknown } = compareFates([layer], lab.machine, packets, fates);
          expect(wrong.map(describeDisagreement)).toEqual([]);
          if (origin === 'json') tally.unknown += unknown.length;
        }
        tally.rulesets += 1;
        tally.packets += packets.length;
      });
      fc.assert(property, { numRuns: RULESETS, endOnFailure: RULESETS > SHRINK_UP_TO });
      process.stderr.write(`nftables: ${JSON.stringify(tally)}\n`);
      for (const [reason, times] of refused) {
        process.stderr.write(`refused by nft, ${times} times: ${reason}\n`);
      }
      expect(tally.rulesets).toBeGreaterThan(RULESETS * (1 - MOST_REFUSED));
      expect(tally.unknown).toBeLessThan(tally.packets * MOST_UNKNOWN);
    },
    60_000 + RULESETS * RULESET_MS,
  );
});

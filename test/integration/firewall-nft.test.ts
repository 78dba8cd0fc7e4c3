import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../src/firewall/evaluate.ts';
import { read } from '../../src/firewall/kinds/nftables/read.ts';
import { type FirewallLab, makeFirewallLab } from '../lab/firewall-lab.ts';
import { difference, questionOf } from '../lab/firewall-question.ts';
import { namespacesMet } from '../lab/namespace.ts';
import { PACKETS, packetLists } from '../lab/nft-packets.ts';
import { rulesets } from '../lab/nft-rulesets.ts';

/** `npm run test:firewall` asks for 5,000. */
const RULESETS = Number(process.env['POSTERN_FIREWALL_RULESETS'] ?? 150);
/** Rules that nft refuses teach nothing; more than this means that the generator is wrong. */
const MOST_REFUSED = 0.1;

describe.skipIf(!namespacesMet('nft', 'nsenter', 'sysctl'))(
  'nftables, as the kernel does it',
  () => {
    let lab: FirewallLab;

    beforeAll(async () => {
      lab = await makeFirewallLab();
    });

    afterAll(() => {
      lab.close();
    });

    it(`answers as the kernel for ${RULESETS} rulesets and ${PACKETS} packets each`, () => {
      const refused = new Map<string, number>();
      const tally = { rulesets: 0, packets: 0, unknown: 0 };
      const property = fc.property(rulesets, packetLists, (rules, packets) => {
        const complaint = lab.load({ nft: rules });
        if (complaint !== '') {
          const reason = complaint.split('\n')[0] ?? '';
          refused.set(reason, (refused.get(reason) ?? 0) + 1);
          return;
        }
        tally.rulesets += 1;
        const text = lab.read('nft', '-j', 'list', 'ruleset');
        const layer = read([{ origin: 'nft -j list ruleset', text }], 'live');
        const seen = lab.send(packets);
        for (const [at, packet] of packets.entries()) {
          tally.packets += 1;
          const fate = seen[at];
          if (fate === undefined) throw new Error('a packet without a fate');
          const found = difference(
            packet,
            evaluate([layer], questionOf(packet), lab.machine),
            fate,
          );
          if (found === 'unknown') tally.unknown += 1;
          else expect(found, JSON.stringify(packet)).toBeUndefined();
        }
      });
      fc.assert(property, { numRuns: RULESETS, endOnFailure: RULESETS > 1000 });
      console.log(`${JSON.stringify(tally)}; refused by nft: ${JSON.stringify([...refused])}`);
      expect(tally.rulesets).toBeGreaterThan(RULESETS * (1 - MOST_REFUSED));
      expect(tally.unknown).toBeLessThan(tally.packets * 0.02);
    }, 3_600_000);
  },
);

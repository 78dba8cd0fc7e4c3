import type { Layer, Rule } from '../layer.ts';
import { referTo } from '../parcel.ts';
import type { Check } from './check.ts';
import { flawOfLayer } from './flaw.ts';

/** Rules of one layer that are told one by one. */
const RULES_TOLD = 200;

/** Rules whose tool may have loaded another one than they say, and does not show it. */
export const mergedValues: Check = ({ layers }) => layers.flatMap(flawsOf);

function flawsOf(layer: Layer) {
  const places = layer.tables.flatMap(({ name, chains }) =>
    chains.flatMap((chain) =>
      chain.rules.map((rule) => ({ chain: `${name} ${chain.name}`, rule })),
    ),
  );
  return places
    .filter(({ rule }) => isMerged(rule))
    .slice(0, RULES_TOLD)
    .map(({ chain, rule }) => ({
      ...flawOfLayer(layer, {
        id: 'firewall.merged-values',
        severity: 'medium',
        why: 'Two fields side by side must both differ from a value: nft 1.0.6 and iptables-nft 1.8.9 load that as one comparison, which matches all packets but those that have both values.',
        todo: 'Except one of them by a rule before it (nft: "udp dport 22 return"), or use "-m multiport ! --dports 22" (iptables).',
        evidence: [`chain ${chain}`],
      }),
      rule: referTo(rule),
    }));
}

function isMerged({ steps }: Rule): boolean {
  return steps.some((step) => 'test' in step && step.test === 'opaque' && step.merged === true);
}

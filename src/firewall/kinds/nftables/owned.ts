import { ownValue } from '../../../model/own-value.ts';
import type { Chain, Table } from '../../layer.ts';

/** Chains of iptables and their priorities (iptables-nft makes them so: nft.c of its sources). */
const PRIORITIES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  filter: { INPUT: 0, FORWARD: 0, OUTPUT: 0 },
  nat: { PREROUTING: -100, INPUT: 100, OUTPUT: -100, POSTROUTING: 100 },
  mangle: { PREROUTING: -150, INPUT: -150, FORWARD: -150, OUTPUT: -150, POSTROUTING: -150 },
  raw: { PREROUTING: -300, OUTPUT: -300 },
  security: { INPUT: 50, FORWARD: 50, OUTPUT: 50 },
};

/**
 * Whether iptables-nft would list this table, and so `iptables-save` tells its rules with what JSON
 * leaves out (`xt` extensions). Read both ways they would be asked twice: whoever has read a layer
 * from `iptables-save` takes these tables out of the nftables layer.
 */
export function ownedByIptables({ name, family, chains }: Table): boolean {
  if (family !== 'ip' && family !== 'ip6') return false;
  const own = ownValue(PRIORITIES, name);
  if (own === undefined) return false;
  const bases = chains.filter(({ hook }) => hook !== undefined);
  return bases.length > 0 && bases.every((chain) => isBuiltIn(chain, own));
}

function isBuiltIn({ name, hook }: Chain, own: Readonly<Record<string, number>>): boolean {
  return (
    Object.hasOwn(own, name) && hook?.point === name.toLowerCase() && hook.priority === own[name]
  );
}

import type { Layer } from '../layer.ts';
import { rulesOf } from '../mentioned.ts';
import type { Check } from './check.ts';
import { flawOfLayer } from './flaw.ts';

function isLegacy({ kind, origin }: Layer): boolean {
  return kind === 'iptables' && origin.includes('legacy');
}

/** Rules of both of the kernel's packet filters: each tool shows and changes only its own. */
export const legacyAndNft: Check = ({ layers }) => {
  const live = layers.filter((layer) => layer.role === 'live' && rulesOf([layer]).length > 0);
  const legacy = live.find(isLegacy);
  const other = live.find(
    (layer) => !isLegacy(layer) && (layer.kind === 'nftables' || layer.kind === 'iptables'),
  );
  if (legacy === undefined || other === undefined) return [];
  return [
    flawOfLayer(legacy, {
      id: 'firewall.legacy-and-nft',
      severity: 'medium',
      why: 'Rules of iptables-legacy and of nftables are active side by side: a packet must pass both, and each tool shows only its own.',
      todo: 'Move the legacy rules over (iptables-legacy-save, then iptables-nft-restore) and flush them.',
      evidence: [legacy, other].map((layer) => `${layer.origin}: ${rulesOf([layer]).length} rules`),
    }),
  ];
};

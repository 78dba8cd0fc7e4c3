import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import type { LayerDecision } from '../../model/reachability.ts';
import type { Layer } from '../layer.ts';

type Text = Pick<FirewallFlaw, 'id' | 'severity' | 'why' | 'todo' | 'evidence'>;

export function flawOfLayer({ kind, origin }: Layer, text: Text): FirewallFlaw {
  return { layer: kind, origin, ...text };
}

/** A flaw of the rule or policy by which a layer decided. */
export function flawOfDecision({ layer, origin, rule }: LayerDecision, text: Text): FirewallFlaw {
  return { layer, origin, ...(rule === undefined ? {} : { rule }), ...text };
}

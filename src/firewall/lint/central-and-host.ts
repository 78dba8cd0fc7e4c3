import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import { compare, type Difference } from '../compare.ts';
import type { Layer } from '../layer.ts';
import type { Check } from './check.ts';
import { flawOfLayer } from './flaw.ts';
import { regionTexts } from './regions.ts';

function hostOnly(central: Layer, differences: readonly Difference[]): FirewallFlaw {
  return flawOfLayer(central, {
    id: 'firewall.host-only',
    severity: 'info',
    why: `${central.origin} lets in what the firewall of the host closes: one of them is not as it is meant.`,
    todo: 'Take the rule out of the central firewall, or allow the port on the host.',
    evidence: regionTexts(differences),
  });
}

function centralOnly(central: Layer, differences: readonly Difference[]): FirewallFlaw {
  return flawOfLayer(central, {
    id: 'firewall.central-only',
    severity: 'low',
    why: `Only ${central.origin} closes what the host would let in: one layer, and whoever is behind it gets through.`,
    todo: 'Close it on the host too.',
    evidence: regionTexts(differences),
  });
}

/** Where a central firewall and the host's disagree, in both directions. */
export const centralAndHost: Check = ({ layers, machine }) => {
  const host = layers.filter(({ role }) => role !== 'central');
  if (host.length === 0) return [];
  return layers
    .filter(({ role }) => role === 'central')
    .flatMap((central) => {
      const differences = compare([central], host, machine);
      const isFate = (fate: string) => fate === 'drop' || fate === 'reject';
      const onHost = differences.filter(({ a, b }) => a.fate === 'accept' && isFate(b.fate));
      const inFront = differences.filter(({ a, b }) => isFate(a.fate) && b.fate === 'accept');
      return [
        ...(onHost.length > 0 ? [hostOnly(central, onHost)] : []),
        ...(inFront.length > 0 ? [centralOnly(central, inFront)] : []),
      ];
    });
};

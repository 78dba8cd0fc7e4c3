import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import { compare, type Difference, decidingText } from '../compare.ts';
import type { KindName, Layer } from '../layer.ts';
import { isOff, rulesOf } from '../mentioned.ts';
import type { Check } from './check.ts';
import { flawOfLayer } from './flaw.ts';
import { regionTexts } from './regions.ts';

/** Kinds in which what a tool has saved is seen once it is live. */
const LIVE_AS: Partial<Record<KindName, readonly KindName[]>> = {
  ufw: ['ufw', 'iptables', 'nftables'],
  firewalld: ['firewalld', 'nftables', 'iptables'],
};

function liveOf(saved: Layer, layers: readonly Layer[]): readonly Layer[] {
  const kinds = LIVE_AS[saved.kind] ?? [saved.kind];
  const live = layers.filter(({ role }) => role === 'live');
  const own = kinds.map((kind) => live.filter((layer) => layer.kind === kind));
  return own.find((some) => some.length > 0) ?? [];
}

/** What containers publish comes and goes with them: no tool saves it. */
function lasts({ a, b }: Difference): boolean {
  return a.path === 'input' && b.path === 'input';
}

function flawsOf(saved: Layer, live: readonly Layer[], differences: readonly Difference[]) {
  const [first] = live;
  if (first === undefined) return [];
  const isKnown = ({ a, b }: Difference) => a.fate !== 'unknown' && b.fate !== 'unknown';
  const known = differences.filter((one) => lasts(one) && isKnown(one));
  const opens = known.filter(({ a }) => a.fate === 'accept');
  const shuts = known.filter(({ a }) => a.fate !== 'accept');
  const flaws: FirewallFlaw[] = [];
  if (shuts.length > 0) {
    flaws.push(
      flawOfLayer(first, {
        id: 'firewall.not-saved',
        severity: 'medium',
        why: `What is closed now is open after the next start: ${saved.origin} does not have the rules that are live.`,
        todo: 'Save the live rules with the tool that loads them.',
        evidence: regionTexts(shuts),
      }),
    );
  }
  if (opens.length > 0) {
    flaws.push(
      flawOfLayer(saved, {
        id: 'firewall.not-live',
        severity: 'medium',
        why: `What ${saved.origin} closes is open now: its rules are not live, or others were added since.`,
        todo: 'Load the saved rules, or save the live ones if they are meant.',
        evidence: regionTexts(opens),
      }),
    );
  }
  return flaws;
}

/** Live rules and those that their tool has saved, compared by what they answer. */
export const notSaved: Check = ({ layers, machine }) =>
  layers
    .filter((layer) => layer.role === 'saved' && layer.unread.length === 0 && !isOff(layer))
    .flatMap((saved) => {
      const live = liveOf(saved, layers);
      if (live.length === 0 || rulesOf([saved]).length === 0) return [];
      if (decidingText(live) === decidingText([saved])) return [];
      return flawsOf(saved, live, compare(live, [saved], machine));
    });

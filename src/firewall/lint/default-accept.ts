import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import type { LayerDecision } from '../../model/reachability.ts';
import { width } from '../ranges.ts';
import { portsText } from '../reach.ts';
import type { Answer, Check } from './check.ts';
import { flawOfDecision } from './flaw.ts';

/** More ports than this that no rule speaks of are the rest, not a gap. */
const MANY_PORTS = 1000;

/** The policy that let the most ports in for anyone, when no layer's rule had a say. */
function acceptingPolicy({ classes }: Answer) {
  const wide = classes.filter(
    ({ ports, reach }) => reach === 'anyone' && width(ports) >= MANY_PORTS,
  );
  const open = wide.flatMap(({ ports, parts }) => {
    const part = parts.find(({ fate }) => fate === 'accept');
    if (part === undefined) return [];
    const byRule = part.decisions.some(({ rule }) => rule !== undefined);
    const policy = part.decisions.at(-1);
    return byRule || policy === undefined ? [] : [{ ports, policy }];
  });
  return open[0];
}

/** What no rule speaks of is let in; where nothing is closed at all, `none-active` says it. */
export const defaultAccept: Check = ({ answers }) => {
  if (answers.every(({ parts }) => parts.every(({ fate }) => fate === 'accept'))) return [];
  const evidence = new Map<string, string[]>();
  const policies = new Map<string, LayerDecision>();
  for (const answer of answers) {
    const found = acceptingPolicy(answer);
    if (found === undefined) continue;
    const { policy, ports } = found;
    const key = [policy.origin, policy.table, policy.chain].join(' ');
    const known = evidence.get(key) ?? [];
    known.push(`${answer.transport} over IPv${answer.family}: ${portsText(ports)}`);
    evidence.set(key, known);
    policies.set(key, policy);
  }
  return [...policies].map(([key, policy]): FirewallFlaw => {
    return flawOfDecision(policy, {
      id: 'firewall.default-accept',
      severity: 'medium',
      why: `The chain ${policy.chain} accepts what no rule speaks of: every new service is reachable at once.`,
      todo: 'Set the policy to drop, and allow the ports that are needed by rules.',
      evidence: evidence.get(key) ?? [],
    });
  });
};

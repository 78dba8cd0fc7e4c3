import type { FirewallFlaw } from '../model/firewall-flaw.ts';
import type { Policy } from '../model/policy.ts';
import { compareSeverity } from '../model/verdict.ts';

/** Flaws with the severities of the policy, the worst first; those that it switches off are gone. */
export function judgeFlaws(
  flaws: readonly FirewallFlaw[],
  { severities }: Policy,
): readonly FirewallFlaw[] {
  return flaws
    .flatMap((flaw) => {
      const severity = Object.hasOwn(severities, flaw.id) ? severities[flaw.id] : flaw.severity;
      return severity === undefined || severity === 'off' ? [] : [{ ...flaw, severity }];
    })
    .sort((a, b) => compareSeverity(b.severity, a.severity));
}

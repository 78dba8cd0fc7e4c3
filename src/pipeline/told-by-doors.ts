import type { Door } from '../model/audit.ts';
import type { FirewallFlaw, FlawId } from '../model/firewall-flaw.ts';
import type { RuleReference } from '../model/reachability.ts';

/** What a port's own verdict says too, and by the policy. */
const OF_PORTS: ReadonlySet<FlawId> = new Set(['firewall.no-listener', 'firewall.wide-source']);

function keyOf(origin: string, { handle, line, text }: RuleReference): string {
  return [origin, handle, line, text].join('\n');
}

/** Flaws without those of rules that let somebody in to a port which has a verdict. */
export function notToldBy(
  doors: Iterable<Door>,
  flaws: readonly FirewallFlaw[],
): readonly FirewallFlaw[] {
  const told = new Set<string>();
  for (const { reachability } of doors) {
    const accepted = reachability.flatMap(({ parts }) => parts.filter((p) => p.fate === 'accept'));
    for (const { origin, rule } of accepted.flatMap(({ decisions }) => decisions)) {
      if (rule !== undefined) told.add(keyOf(origin, rule));
    }
  }
  return flaws.filter(
    ({ id, origin, rule }) =>
      !OF_PORTS.has(id) || rule === undefined || !told.has(keyOf(origin, rule)),
  );
}

import { overlaps } from '../boxes.ts';
import { includes, rangesOf } from '../ranges.ts';
import type { Check, Sensitive } from './check.ts';
import { flawOfDecision } from './flaw.ts';

/** Rules that let anyone in to ports that are not for everybody. */
export const wideSource: Check = ({ answers, sensitive = new Map<number, Sensitive>() }) => {
  const named = [...sensitive];
  const anyNamed = rangesOf(
    named.map(([port]) => [port, port] as const),
    1,
  );
  const flaws = answers.flatMap(({ transport, family, classes }) =>
    classes.flatMap((one) => {
      if (one.reach !== 'anyone' || !overlaps(one.ports, anyNamed)) return [];
      const open = named.filter(([port]) => includes(one.ports, port));
      const decision = one.parts
        .find(({ fate }) => fate === 'accept')
        ?.decisions.findLast(({ rule }) => rule !== undefined);
      if (decision === undefined) return [];
      return open.map(([port, { title, severity }]) => ({
        key: `${transport} ${port} ${decision.origin} ${decision.rule?.text}`,
        family,
        flaw: flawOfDecision(decision, {
          id: 'firewall.wide-source',
          severity,
          why: `Anyone is let in to ${transport} ${port} (${title}).`,
          todo: 'Name the networks that need it as the source of the rule, or put it behind a VPN.',
          evidence: [`over IPv${family}: from anyone`],
        }),
      }));
    }),
  );
  const byKey = new Map<string, (typeof flaws)[number]['flaw']>();
  for (const { key, flaw } of flaws) {
    const known = byKey.get(key);
    const evidence = [...(known?.evidence ?? []), ...flaw.evidence];
    byKey.set(key, { ...flaw, evidence });
  }
  return [...byKey.values()];
};

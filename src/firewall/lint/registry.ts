import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import { compareSeverity } from '../../model/verdict.ts';
import { answersOf } from './answers.ts';
import { centralAndHost } from './central-and-host.ts';
import type { Check, LintInput } from './check.ts';
import { defaultAccept } from './default-accept.ts';
import { dockerBypass } from './docker-bypass.ts';
import { ipv6Open } from './ipv6-open.ts';
import { legacyAndNft } from './legacy-and-nft.ts';
import { mergedValues } from './merged-values.ts';
import { noListener } from './no-listener.ts';
import { noneActive } from './none-active.ts';
import { notSaved } from './not-saved.ts';
import { shadowedRule } from './shadowed-rule.ts';
import { wideSource } from './wide-source.ts';

/** Checks by the name of their file. */
export const CHECKS: Readonly<Record<string, Check>> = {
  'none-active': noneActive,
  'default-accept': defaultAccept,
  'ipv6-open': ipv6Open,
  'docker-bypass': dockerBypass,
  'wide-source': wideSource,
  'legacy-and-nft': legacyAndNft,
  'not-saved': notSaved,
  'central-and-host': centralAndHost,
  'no-listener': noListener,
  'shadowed-rule': shadowedRule,
  'merged-values': mergedValues,
};

/** What is wrong with the layers, the worst first. */
export function lintLayers(input: LintInput): readonly FirewallFlaw[] {
  const { answers = answersOf(input.layers, input.machine) } = input;
  const world = { ...input, answers };
  const flaws = Object.values(CHECKS).flatMap((check) => check(world));
  return flaws.sort((a, b) => compareSeverity(b.severity, a.severity));
}

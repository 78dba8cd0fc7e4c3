import { accessRules } from './rules/access.ts';
import { certificateRules } from './rules/certificate.ts';
import { edgeRules } from './rules/edge.ts';
import { exposureRules } from './rules/exposure.ts';
import { hostRules } from './rules/host.ts';
import { phantomRules } from './rules/phantom.ts';
import { policyRules } from './rules/policy.ts';
import { portRules } from './rules/port.ts';
import { protocolRules } from './rules/protocol.ts';
import { serviceRules } from './rules/service.ts';
import { tlsRules } from './rules/tls.ts';

/**
 * Every rule of the judge by its id, `group.name`. Ids are never reused or renamed: policies and
 * dashboards hold them. docs/rules.md is generated from this table.
 */
export const RULES = {
  ...policyRules,
  ...accessRules,
  ...serviceRules,
  ...exposureRules,
  ...portRules,
  ...phantomRules,
  ...edgeRules,
  ...tlsRules,
  ...certificateRules,
  ...protocolRules,
  ...hostRules,
} as const;

export type RuleId = keyof typeof RULES;

export const RULE_IDS: readonly RuleId[] = Object.keys(RULES).filter(isRuleId);

export function isRuleId(word: string): word is RuleId {
  return Object.hasOwn(RULES, word);
}

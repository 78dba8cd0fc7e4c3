import type { Severity } from '../verdict.ts';

/** What people read about a rule; whole sentences, Markdown allowed. */
export interface RuleText {
  readonly title: string;
  /** Unless the rule says otherwise for a case, or the policy overrides it. */
  readonly severity: Severity;
  /** What makes it fire. */
  readonly sees: string;
  readonly matters: string;
  readonly todo: string;
}

/** Keeps the ids of a family as literal types. */
export function family<Id extends string>(
  rules: Readonly<Record<Id, RuleText>>,
): Readonly<Record<Id, RuleText>> {
  return rules;
}

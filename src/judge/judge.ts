import type { Policy } from '../model/policy.ts';
import { RULES, type RuleId } from '../model/rules.ts';
import {
  compareSeverity,
  type Finding,
  type Level,
  type Severity,
  type Verdict,
} from '../model/verdict.ts';
import { FINDING_RULES, OF_THE_MACHINE, verdictRules } from './registry.ts';
import type { Decision, FindingRule, Hit } from './rule.ts';
import { openAccess } from './rules/open-access.ts';
import { isAtEdge } from './rules/shared-edge.ts';
import { type JudgeContext, type JudgeInput, type Subject, subjectOf } from './subject.ts';

export type { JudgeContext, JudgeInput } from './subject.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /**
   * Worst first. The verdict comes as a finding of the same rule unless it is `expected`; no rule
   * appears twice.
   */
  readonly findings: readonly Finding[];
}

/** When every rule that applies was switched off: there is an answer for every port. */
const NO_RULE: Decision = {
  rule: 'unknown.service',
  level: 'unknown',
  severity: 'info',
  why: 'Every rule that says something about this port is switched off in the policy.',
  todo: 'Switch a rule on again, or expect the port in the policy.',
  evidence: [],
};

/** Ports listed with --show: no rule looks at them, and no policy changes that. */
function notOpen({ state }: JudgeInput): Judgement {
  const why = `The port is not open (${state}), so there is nothing to judge.`;
  const verdict: Verdict = {
    level: 'expected',
    severity: 'info',
    rule: 'port.not-open',
    why,
    todo: '',
  };
  return { verdict, findings: [] };
}

function isOff(policy: Policy, rule: RuleId): boolean {
  return overrideOf(policy, rule) === 'off';
}

function overrideOf({ severities }: Policy, rule: RuleId): Severity | 'off' | undefined {
  return Object.hasOwn(severities, rule) ? severities[rule] : undefined;
}

/** The user's severity, else the case's, else the rule's. */
function severityOf(policy: Policy, { rule, severity }: Hit): Severity {
  const override = overrideOf(policy, rule);
  if (override !== undefined && override !== 'off') return override;
  return severity ?? RULES[rule].severity;
}

function decisionFor(subject: Subject, policy: Policy): Decision {
  for (const rule of verdictRules(policy)) {
    const decision = rule.decide(subject);
    if (decision !== null && !isOff(policy, decision.rule)) return decision;
  }
  return NO_RULE;
}

/**
 * Through a shared edge a customer's name is served with settings and certificates of its own; asked
 * by its bare address, an edge shows what is nobody's but its provider's.
 */
function findingRulesFor(subject: Subject): readonly FindingRule[] {
  if (!isAtEdge(subject)) return FINDING_RULES;
  if (subject.names.length === 0) return [];
  return FINDING_RULES.filter((rule) => !OF_THE_MACHINE.has(rule));
}

/** Open access is a fault even where the policy expects the port. */
function hitsBeside(subject: Subject, verdict: Decision): readonly Hit[] {
  const access = openAccess.decide(subject);
  return [
    verdict,
    ...(access === null || verdict.rule === access.rule ? [] : [access]),
    ...findingRulesFor(subject).flatMap((rule) => rule.check(subject)),
  ];
}

/** A web server on port 443 deserves no word, unless the user wants one. */
function deservesWord(policy: Policy, hit: Hit): boolean {
  if (isOff(policy, hit.rule)) return false;
  return !isExpected(hit) || severityOf(policy, hit) !== 'info';
}

function isExpected(hit: Hit & { readonly level?: Level }): boolean {
  return hit.level === 'expected';
}

/** For an expected port whose rule the user gave a severity: there is nothing of ours to do. */
const ASKED_FOR =
  'Decide whether this port should stay open; the policy gives its rule this severity.';

function todoOf(policy: Policy, hit: Hit): string {
  return hit.todo === '' && severityOf(policy, hit) !== 'info' ? ASKED_FOR : hit.todo;
}

function findingOf(subject: Subject, policy: Policy, hit: Hit): Finding {
  const { address, names, transport, port } = subject;
  const { rule, why, evidence } = hit;
  const todo = todoOf(policy, hit);
  const severity = severityOf(policy, hit);
  return { address, names, transport, port, rule, severity, why, todo, evidence };
}

/** Should this port be open, and what else is wrong with it? Pure; never throws. */
export function judge(input: JudgeInput, policy: Policy, context: JudgeContext): Judgement {
  if (input.state !== 'open') return notOpen(input);
  const subject = subjectOf(input, context);
  const decision = decisionFor(subject, policy);
  const { rule, level, why } = decision;
  const todo = todoOf(policy, decision);
  const findings = hitsBeside(subject, decision)
    .filter((hit) => deservesWord(policy, hit))
    .map((hit) => findingOf(subject, policy, hit))
    .sort((a, b) => compareSeverity(b.severity, a.severity));
  return {
    verdict: { level, severity: severityOf(policy, decision), rule, why, todo },
    findings,
  };
}

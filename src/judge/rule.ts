import type { RuleId } from '../model/rules.ts';
import type { Level, Severity } from '../model/verdict.ts';
import type { Subject } from './subject.ts';

/** One thing that a rule saw. */
export interface Hit {
  readonly rule: RuleId;
  /** Absent: the rule's own. */
  readonly severity?: Severity;
  readonly why: string;
  readonly todo: string;
  /** The facts it rests on, as `field: value` text. */
  readonly evidence: readonly string[];
}

/** A hit that answers whether the port should be open. */
export interface Decision extends Hit {
  readonly level: Level;
}

/** A family of rules that find faults, beside the verdict. */
export interface FindingRule {
  readonly ids: readonly RuleId[];
  check(subject: Subject): readonly Hit[];
}

/** A family of rules that decide; the first family with an answer gives the verdict. */
export interface VerdictRule {
  readonly ids: readonly RuleId[];
  decide(subject: Subject): Decision | null;
}

import { type AlertRuleSpec, FINDING_EVENTS } from '../contract/service/alert-rule.ts';
import { readGlob } from '../model/glob.ts';
import { networkHas, readNetwork } from '../model/network.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { Happening } from './happening.ts';

/** A rule that is switched on. */
export interface Rule {
  readonly id: string;
  readonly spec: AlertRuleSpec;
  /** Milliseconds: what changes after this is in its next digest. */
  readonly digestFrom: number;
  readonly fits: (happening: Happening) => boolean;
}

type Test = (text: string) => boolean;

export function ruleOf(id: string, spec: AlertRuleSpec, digestFrom: number): Rule {
  return { id, spec, digestFrom, fits: fitsOf(spec) };
}

/** Whether something is a matter of the rule; whether it is told then depends on what happened. */
function fitsOf({ match }: AlertRuleSpec): Rule['fits'] {
  const least = SEVERITIES.indexOf(match.severity);
  const findings = match.rules.map(readGlob);
  const hosts = match.hosts.map(hostTest);
  const ofFindings = match.events.some((event) => FINDING_EVENTS.includes(event));
  return (happening) => {
    const { finding, event, severity } = happening;
    if (severity < least) return false;
    if (finding === null ? !match.events.includes(event) : !ofFindings) return false;
    if (!fitsOne(findings, finding === null ? [] : [finding])) return false;
    if (!fitsOne(hosts, happening.hosts)) return false;
    return isOneOf(match.labels, happening.labels) && isOneOf(match.groups, happening.groups);
  };
}

function hostTest(pattern: string): Test {
  const network = readNetwork(pattern);
  return network === null ? readGlob(pattern) : (text) => networkHas(network, text);
}

function fitsOne(tests: readonly Test[], texts: readonly string[]): boolean {
  return tests.length === 0 || texts.some((text) => tests.some((test) => test(text)));
}

function isOneOf(wanted: readonly string[], has: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((word) => has.includes(word));
}

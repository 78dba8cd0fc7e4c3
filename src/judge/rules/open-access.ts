import { applicationOfProtocol, capitalised } from '../applications.ts';
import {
  GENERIC_OPEN_ACCESS,
  OPEN_ACCESS,
  OPEN_BY_DESIGN,
  type OpenAccess,
} from '../data/open-access.ts';
import type { Decision, VerdictRule } from '../rule.ts';
import type { Subject } from '../subject.ts';

/** Security type "None" by its name or number (RFC 6143 §7.2.1). */
function offersNoSecurity({ protocol, facts }: Subject): boolean {
  if (protocol !== 'vnc') return false;
  return facts.list('securityTypes').some((type) => /^(?:none|1)$/i.test(type));
}

function evidenceOf(subject: Subject): readonly string[] {
  if (subject.facts.flag('authRequired') === false) return ['details.authRequired: false'];
  return offersNoSecurity(subject) ? ['details.securityTypes: None'] : [];
}

function textFor(protocol: string): OpenAccess {
  const text = Object.hasOwn(OPEN_ACCESS, protocol) ? OPEN_ACCESS[protocol] : undefined;
  if (text !== undefined) return text;
  const application = applicationOfProtocol(protocol);
  if (application === undefined) return GENERIC_OPEN_ACCESS;
  const { name, power, openSeverity } = application;
  return {
    why: `${capitalised(application)} lets anybody in without a password: who opens it ${power}.`,
    todo: `Close the port now, and switch the login of ${name} on or put one before it.`,
    ...(openSeverity !== undefined && { severity: openSeverity }),
  };
}

/** It answered a stranger: nothing else about the port weighs as much. */
export const openAccess: VerdictRule = {
  ids: ['access.no-authentication'],
  decide(subject): Decision | null {
    if (subject.protocol === '' || OPEN_BY_DESIGN.has(subject.protocol)) return null;
    const evidence = evidenceOf(subject);
    if (evidence.length === 0) return null;
    return {
      rule: 'access.no-authentication',
      level: 'close',
      ...textFor(subject.protocol),
      evidence,
    };
  },
};

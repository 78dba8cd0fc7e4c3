import { GENERIC_OPEN_ACCESS, OPEN_ACCESS, OPEN_BY_DESIGN } from '../data/open-access.ts';
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

/** It answered a stranger: nothing else about the port weighs as much. */
export const openAccess: VerdictRule = {
  ids: ['access.no-authentication'],
  decide(subject): Decision | null {
    if (subject.protocol === '' || OPEN_BY_DESIGN.has(subject.protocol)) return null;
    const evidence = evidenceOf(subject);
    if (evidence.length === 0) return null;
    const text = Object.hasOwn(OPEN_ACCESS, subject.protocol)
      ? OPEN_ACCESS[subject.protocol]
      : undefined;
    return {
      rule: 'access.no-authentication',
      level: 'close',
      ...(text ?? GENERIC_OPEN_ACCESS),
      evidence,
    };
  },
};

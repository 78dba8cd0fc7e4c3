import type { FindingRule } from '../rule.ts';
import { isForPeople, type Subject } from '../subject.ts';

/** Services that people log in to; of the others, being reachable is the greater fault. */
function takesPeoplesPasswords(subject: Subject): boolean {
  return isForPeople(subject) || ['ftp', 'smtp', 'telnet'].includes(subject.protocol);
}

function basicOverHttp({ protocol, facts }: Subject): boolean {
  if (protocol !== 'http') return false;
  const schemes = [...facts.list('authSchemes'), facts.text('authScheme') ?? ''];
  return schemes.some((scheme) => scheme.toLowerCase() === 'basic');
}

function evidenceOf(subject: Subject): string | null {
  const { facts, encrypted } = subject;
  if (encrypted) return null;
  if (basicOverHttp(subject)) return 'details.authSchemes: basic';
  return facts.flag('clearTextLogin') === true ? 'details.clearTextLogin: true' : null;
}

export const clearTextLogin: FindingRule = {
  ids: ['login.clear-text'],
  check(subject) {
    const evidence = evidenceOf(subject);
    if (evidence === null) return [];
    const offersTls = subject.facts.flag('startTls') === true;
    const grave = takesPeoplesPasswords(subject) && !offersTls;
    return [
      {
        rule: 'login.clear-text',
        severity: grave ? 'high' : 'medium',
        why: offersTls
          ? 'It takes passwords before TLS is switched on, so everybody on the way can read them.'
          : 'It takes passwords without encryption, so everybody on the way can read them.',
        todo: offersTls
          ? 'Refuse logins until TLS is switched on.'
          : 'Switch TLS on and refuse logins without it.',
        evidence: [evidence],
      },
    ];
  },
};

import type { Certificate } from '../../model/service.ts';
import { leafOf } from '../certificate.ts';
import type { FindingRule, Hit } from '../rule.ts';
import { isForPeople, type Subject } from '../subject.ts';

const DAY = 86_400_000;
const SOON_DAYS = 14;

function expired({ notAfter }: Certificate, people: boolean): Hit {
  return {
    rule: 'certificate.expired',
    severity: people ? 'high' : 'medium',
    why: `The certificate expired on ${notAfter.slice(0, 10)}.`,
    todo: 'Renew the certificate, and let an ACME client such as certbot renew it from now on.',
    evidence: [`certificate.notAfter: ${notAfter}`],
  };
}

function inDays(left: number): string {
  const days = Math.floor(left / DAY);
  if (days < 1) return 'in less than a day';
  return `in ${days} ${days === 1 ? 'day' : 'days'}`;
}

function expiresSoon({ notAfter }: Certificate, left: number, people: boolean): Hit {
  return {
    rule: 'certificate.expires-soon',
    severity: people ? 'medium' : 'low',
    why: `The certificate expires on ${notAfter.slice(0, 10)}, ${inDays(left)}.`,
    todo: 'Renew the certificate and find out why that did not happen by itself (certbot renew --dry-run).',
    evidence: [`certificate.notAfter: ${notAfter}`],
  };
}

function notYetValid({ notBefore }: Certificate, people: boolean): Hit {
  return {
    rule: 'certificate.not-yet-valid',
    severity: people ? 'high' : 'medium',
    why: `The certificate is valid from ${notBefore.slice(0, 10)} only, which is in the future.`,
    todo: 'Check the clock of the server, and issue the certificate anew.',
    evidence: [`certificate.notBefore: ${notBefore}`],
  };
}

function hits(leaf: Certificate, subject: Subject): Hit[] {
  const people = isForPeople(subject);
  const left = Date.parse(leaf.notAfter) - subject.now;
  if (Date.parse(leaf.notBefore) > subject.now) return [notYetValid(leaf, people)];
  if (left < 0) return [expired(leaf, people)];
  return left < SOON_DAYS * DAY ? [expiresSoon(leaf, left, people)] : [];
}

export const certificateTime: FindingRule = {
  ids: ['certificate.expired', 'certificate.expires-soon', 'certificate.not-yet-valid'],
  check(subject) {
    const leaf = leafOf(subject);
    return leaf === null ? [] : hits(leaf, subject);
  },
};

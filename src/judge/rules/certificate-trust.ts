import type { Certificate } from '../../model/service.ts';
import { leafOf } from '../certificate.ts';
import type { FindingRule, Hit } from '../rule.ts';
import { isForPeople, type Subject } from '../subject.ts';

function selfSigned({ selfSigned: is, subject: holder }: Certificate, subject: Subject): Hit[] {
  if (!is) return [];
  return [
    {
      rule: 'certificate.self-signed',
      severity: isForPeople(subject) && !subject.inside ? 'medium' : 'low',
      why: 'The certificate is signed with its own key, so programs cannot tell it from that of somebody in between.',
      todo: 'Get a certificate from a public authority, or give your own authority to every program that connects.',
      evidence: [`certificate.subject: ${holder}`],
    },
  ];
}

function nameMismatch({ names }: Certificate, subject: Subject): Hit[] {
  if (subject.tls.flag('nameMatches') !== false) return [];
  const asked = subject.names[0] ?? 'the name that was asked for';
  return [
    {
      rule: 'certificate.name-mismatch',
      severity: isForPeople(subject) ? 'medium' : 'low',
      why: `The certificate does not cover ${asked}.`,
      todo: `Issue a certificate that lists ${asked}, or take the name’s record out of DNS.`,
      evidence: [`certificate.names: ${names.slice(0, 8).join(', ')}`],
    },
  ];
}

/** Least size in bits by key type (NIST SP 800-131A). */
const LEAST_BITS: Readonly<Record<string, number>> = { rsa: 2048, dsa: 2048, ec: 224 };
const BROKEN_RSA_BITS = 1024;

function weakKey({ keyType, keyBits }: Certificate): Hit[] {
  const type = keyType.toLowerCase();
  const least = Object.hasOwn(LEAST_BITS, type) ? LEAST_BITS[type] : undefined;
  if (least === undefined || keyBits === undefined || keyBits >= least) return [];
  return [
    {
      rule: 'certificate.weak-key',
      ...(type !== 'ec' && keyBits < BROKEN_RSA_BITS && { severity: 'high' as const }),
      why: `The certificate’s ${type.toUpperCase()} key of ${keyBits} bits is short enough to be computed by others.`,
      todo: 'Issue a certificate with an RSA key of 2048 bits or more, or with P-256.',
      evidence: [`certificate.key: ${type} ${keyBits}`],
    },
  ];
}

export const certificateTrust: FindingRule = {
  ids: ['certificate.self-signed', 'certificate.name-mismatch', 'certificate.weak-key'],
  check(subject) {
    const leaf = leafOf(subject);
    if (leaf === null) return [];
    return [...selfSigned(leaf, subject), ...nameMismatch(leaf, subject), ...weakKey(leaf)];
  },
};

import { TLS_VERSIONS, type TlsVersion } from '../../model/service.ts';
import type { FindingRule, Hit } from '../rule.ts';
import { isMailRelay, type Subject } from '../subject.ts';

const OLD: readonly TlsVersion[] = ['TLSv1.0', 'TLSv1.1'];

function versionsOf({ tls, protocol, facts }: Subject): readonly TlsVersion[] {
  const listed = protocol === 'tls' ? facts.list('versions') : [];
  const seen = new Set([tls.text('version'), ...tls.list('versions'), ...listed]);
  return TLS_VERSIONS.filter((version) => seen.has(version));
}

function sslv3(versions: readonly TlsVersion[]): Hit[] {
  if (!versions.includes('SSLv3')) return [];
  return [
    {
      rule: 'tls.sslv3',
      why: 'The server accepts SSLv3, whose encryption is broken.',
      todo: 'Allow TLS 1.2 and 1.3 only.',
      evidence: [`tls.versions: ${versions.join(', ')}`],
    },
  ];
}

function oldVersion(versions: readonly TlsVersion[], relay: boolean): Hit[] {
  const old = versions.filter((version) => OLD.includes(version));
  if (old.length === 0) return [];
  const names = old.map((version) => version.replace('TLSv', 'TLS ')).join(' and ');
  return [
    {
      rule: 'tls.old-version',
      ...(relay && { severity: 'low' as const }),
      why: `The server accepts ${names}, which were retired in 2021 (RFC 8996).`,
      todo: 'Allow TLS 1.2 and 1.3 only.',
      evidence: [`tls.versions: ${versions.join(', ')}`],
    },
  ];
}

export const tlsVersion: FindingRule = {
  ids: ['tls.sslv3', 'tls.old-version'],
  check(subject) {
    const versions = versionsOf(subject);
    return [...sslv3(versions), ...oldVersion(versions, isMailRelay(subject))];
  },
};

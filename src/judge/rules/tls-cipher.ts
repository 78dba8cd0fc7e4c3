import type { FindingRule } from '../rule.ts';

/** Parts of IANA and OpenSSL suite names that stand for broken or missing protection. */
const WEAK_PARTS: ReadonlySet<string> = new Set([
  'RC4',
  'RC2',
  'DES',
  '3DES',
  'CBC3',
  'NULL',
  'EXP',
  'EXPORT',
  'ADH',
  'AECDH',
  'ANON',
]);

export const tlsCipher: FindingRule = {
  ids: ['tls.weak-cipher'],
  check({ tls }) {
    const cipher = tls.text('cipher') ?? '';
    const parts = cipher.toUpperCase().split(/[_-]/);
    if (!parts.some((part) => WEAK_PARTS.has(part))) return [];
    return [
      {
        rule: 'tls.weak-cipher',
        why: `The server chose the cipher suite ${cipher}, which can be broken on the way.`,
        todo: 'Limit the cipher suites to AES-GCM and ChaCha20-Poly1305 with ECDHE.',
        evidence: [`tls.cipher: ${cipher}`],
      },
    ];
  },
};

import { family } from './text.ts';

/** What the TLS layer of a port showed. */
export const tlsRules = family({
  'tls.sslv3': {
    title: 'SSLv3 accepted',
    severity: 'high',
    sees: 'The server accepts SSLv3 (RFC 7568 forbids it).',
    matters: 'Its encryption is broken (POODLE).',
    todo: 'Switch it off: nginx `ssl_protocols TLSv1.2 TLSv1.3;`, Apache `SSLProtocol -all +TLSv1.2 +TLSv1.3`.',
  },
  'tls.old-version': {
    title: 'TLS 1.0 or 1.1 accepted',
    severity: 'medium',
    sees: 'The server accepts TLS 1.0 or 1.1 (RFC 8996 retired both). For mail between servers on port 25 the severity is low, because the alternative there is no encryption at all.',
    matters:
      'They rest on MD5 and SHA-1; browsers have refused them since 2020, and audits such as PCI DSS fail.',
    todo: 'Switch them off: nginx `ssl_protocols TLSv1.2 TLSv1.3;`, Apache `SSLProtocol -all +TLSv1.2 +TLSv1.3`, Postfix `smtpd_tls_protocols = >=TLSv1.2`.',
  },
  'tls.weak-cipher': {
    title: 'Weak cipher suite chosen',
    severity: 'medium',
    sees: 'The server chose a suite with RC4, DES, 3DES, NULL, EXPORT or without authentication.',
    matters: 'Such suites can be read or changed by somebody on the way.',
    todo: 'Limit the suites to AES-GCM and ChaCha20-Poly1305 with (EC)DHE.',
  },
});

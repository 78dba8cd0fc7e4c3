import type { JudgeContext, JudgeInput } from '../../src/judge/judge.ts';
import type { Certificate, Service, TlsDetails } from '../../src/model/service.ts';

export const NOW = '2026-11-23T12:00:00Z';

/** A look from outside at a public address. */
export const FROM_OUTSIDE: JudgeContext = {
  now: NOW,
  vantage: { kind: 'host', name: 'outside' },
  source: '198.51.100.9',
};

/** An open TCP port of a public host; its service as given, none for null. */
export function openPort(
  port: number,
  service: Partial<Service> | null,
  more: Partial<JudgeInput> = {},
): JudgeInput {
  return {
    address: '192.0.2.7',
    names: ['www.example.org'],
    transport: 'tcp',
    port,
    state: 'open',
    service: service === null ? null : { protocol: 'unknown', ...service },
    ...more,
  };
}

export function certificate(fields: Partial<Certificate> = {}): Certificate {
  return {
    subject: 'CN=www.example.org',
    issuer: 'CN=Example CA',
    names: ['www.example.org'],
    notBefore: '2026-10-01T00:00:00Z',
    notAfter: '2027-03-01T00:00:00Z',
    keyType: 'ec',
    keyBits: 256,
    selfSigned: false,
    sha256: '00'.repeat(32),
    ...fields,
  };
}

export function tls(fields: Partial<TlsDetails> = {}): TlsDetails {
  return {
    startTls: false,
    version: 'TLSv1.3',
    versions: ['TLSv1.2', 'TLSv1.3'],
    cipher: 'TLS_AES_256_GCM_SHA384',
    chain: [certificate()],
    nameMatches: true,
    ...fields,
  };
}

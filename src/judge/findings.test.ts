import { describe, expect, it } from 'vitest';
import { certificate, FROM_OUTSIDE, openPort, tls } from '../../test/helpers/looks.ts';
import { NO_POLICY } from '../model/policy.ts';
import { RULE_IDS } from '../model/rules.ts';
import type { Service } from '../model/service.ts';
import { judge } from './judge.ts';
import { FINDING_RULES } from './registry.ts';
import type { JudgeContext, JudgeInput } from './subject.ts';

type Look = Partial<Service>;

function severityOf(
  rule: string,
  look: Look,
  more: Partial<JudgeInput> = {},
  context: JudgeContext = FROM_OUTSIDE,
) {
  const { findings } = judge(openPort(more.port ?? 443, look, more), NO_POLICY, context);
  return findings.find((finding) => finding.rule === rule)?.severity;
}

const leaf = (fields: Parameters<typeof certificate>[0]) => tls({ chain: [certificate(fields)] });
const https = (layer: Look['tls']): Look => ({ protocol: 'https', ...(layer && { tls: layer }) });
const redis = (layer: Look['tls']): Look => ({ protocol: 'redis', ...(layer && { tls: layer }) });
const ssh = (details: Look['details']): Look => ({ protocol: 'ssh', ...(details && { details }) });
const modernSsh = {
  sshVersion: '2.0',
  kexAlgorithms: ['mlkem768x25519-sha256', 'curve25519-sha256', 'kex-strict-s-v00@openssh.com'],
  ciphers: ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes128-ctr'],
  macs: ['umac-64-etm@openssh.com', 'hmac-sha2-256-etm@openssh.com', 'hmac-sha1'],
  hostKeyAlgorithms: ['rsa-sha2-512', 'rsa-sha2-256', 'ecdsa-sha2-nistp256', 'ssh-ed25519'],
  hostKey: { type: 'ssh-ed25519', fingerprint: 'SHA256:x' },
};
const oldServer = { ...modernSsh, kexAlgorithms: ['curve25519-sha256'] };

type Row = readonly [
  rule: string,
  look: Look,
  severity: string | undefined,
  port?: number,
  more?: Partial<JudgeInput>,
];
const accepting = (versions: readonly ('TLSv1.0' | 'TLSv1.1' | 'TLSv1.2' | 'SSLv3')[]) =>
  tls({ versions });

function amplifying(factor: number): Partial<JudgeInput> {
  return { transport: 'udp', amplification: { sent: 10, received: 10 * factor, factor } };
}

const ROWS: readonly Row[] = [
  ['tls.sslv3', https(accepting(['SSLv3', 'TLSv1.2'])), 'high'],
  ['tls.sslv3', https(tls()), undefined],
  ['tls.old-version', https(accepting(['TLSv1.0', 'TLSv1.2'])), 'medium'],
  ['tls.old-version', https(tls({ version: 'TLSv1.1' })), 'medium'],
  ['tls.old-version', { protocol: 'tls', details: { versions: ['TLSv1.0'] } }, 'medium'],
  ['tls.old-version', { protocol: 'smtp', tls: accepting(['TLSv1.0']) }, 'low', 25],
  ['tls.old-version', { protocol: 'smtp', tls: accepting(['TLSv1.0']) }, 'medium', 587],
  ['tls.old-version', https(tls()), undefined],
  ['tls.weak-cipher', https(tls({ cipher: 'ECDHE-RSA-RC4-SHA' })), 'medium'],
  ['tls.weak-cipher', https(tls({ cipher: 'TLS_RSA_WITH_3DES_EDE_CBC_SHA' })), 'medium'],
  ['tls.weak-cipher', https(tls()), undefined],
  ['certificate.expired', https(leaf({ notAfter: '2026-11-22T00:00:00Z' })), 'high'],
  ['certificate.expired', redis(leaf({ notAfter: '2026-11-22T00:00:00Z' })), 'medium'],
  ['certificate.expired', https(tls()), undefined],
  ['certificate.expired', https(leaf({ notAfter: 'nonsense' })), undefined],
  ['certificate.expires-soon', https(leaf({ notAfter: '2026-12-06T00:00:00Z' })), 'medium'],
  ['certificate.expires-soon', redis(leaf({ notAfter: '2026-12-06T00:00:00Z' })), 'low'],
  ['certificate.expires-soon', https(leaf({ notAfter: '2026-12-08T00:00:00Z' })), undefined],
  ['certificate.expires-soon', https(leaf({ notAfter: '2026-11-22T00:00:00Z' })), undefined],
  ['certificate.not-yet-valid', https(leaf({ notBefore: '2026-12-24T00:00:00Z' })), 'high'],
  ['certificate.not-yet-valid', https(tls()), undefined],
  ['certificate.self-signed', https(leaf({ selfSigned: true })), 'medium'],
  ['certificate.self-signed', redis(leaf({ selfSigned: true })), 'low'],
  ['certificate.self-signed', { protocol: 'smtp', tls: leaf({ selfSigned: true }) }, 'low', 25],
  ['certificate.self-signed', { protocol: 'imap', tls: leaf({ selfSigned: true }) }, 'medium', 993],
  ['certificate.self-signed', https(tls()), undefined],
  ['certificate.name-mismatch', https(tls({ nameMatches: false })), 'medium'],
  ['certificate.name-mismatch', redis(tls({ nameMatches: false })), 'low'],
  ['certificate.name-mismatch', https(tls()), undefined],
  [
    'edge.origin-reachable',
    https(leaf({ issuer: 'O=CloudFlare, Inc., OU=CloudFlare Origin SSL Certificate Authority' })),
    'medium',
  ],
  ['edge.origin-reachable', https(leaf({ issuer: 'O=Cloudflare, Inc., CN=WE1' })), undefined],
  ['certificate.weak-key', https(leaf({ keyType: 'rsa', keyBits: 1024 })), 'medium'],
  ['certificate.weak-key', https(leaf({ keyType: 'rsa', keyBits: 512 })), 'high'],
  ['certificate.weak-key', https(leaf({ keyType: 'ec', keyBits: 192 })), 'medium'],
  ['certificate.weak-key', https(leaf({ keyType: 'rsa', keyBits: 2048 })), undefined],
  ['certificate.weak-key', https(leaf({ keyType: 'ed25519' })), undefined],
  ['login.clear-text', { protocol: 'ftp', details: { clearTextLogin: true } }, 'high'],
  [
    'login.clear-text',
    { protocol: 'imap', details: { clearTextLogin: true, startTls: true } },
    'medium',
  ],
  ['login.clear-text', { protocol: 'redis', details: { clearTextLogin: true } }, 'medium'],
  ['login.clear-text', { protocol: 'http', details: { authSchemes: ['basic'] } }, 'high'],
  ['login.clear-text', { protocol: 'http', details: { authScheme: 'Basic' } }, 'high'],
  ['login.clear-text', { protocol: 'http', details: { authSchemes: ['digest'] } }, undefined],
  ['login.clear-text', { ...https(tls()), details: { clearTextLogin: true } }, undefined],
  ['login.clear-text', { protocol: 'imap', details: { clearTextLogin: false } }, undefined],
  ['ftp.anonymous', { protocol: 'ftp', details: { authRequired: false } }, 'medium'],
  ['ftp.anonymous', { protocol: 'ftp', details: { authRequired: true } }, undefined],
  ['ldap.anonymous-bind', { protocol: 'ldap', details: { anonymousBind: true } }, 'high'],
  ['ldap.anonymous-bind', { protocol: 'ldap', details: {} }, undefined],
  ['rsync.open-modules', { protocol: 'rsync', details: { modules: [{ name: 'backup' }] } }, 'high'],
  ['rsync.open-modules', { protocol: 'rsync', details: { modules: [] } }, undefined],
  ['udp.amplifier', { protocol: 'ntp' }, 'low', 123, amplifying(3)],
  ['udp.amplifier', { protocol: 'ntp' }, 'low', 123, amplifying(9.9)],
  ['udp.amplifier', { protocol: 'ntp' }, 'medium', 123, amplifying(10)],
  ['udp.amplifier', { protocol: 'ntp' }, 'medium', 123, amplifying(49.9)],
  ['udp.amplifier', { protocol: 'ntp' }, 'high', 123, amplifying(50)],
  ['udp.amplifier', { protocol: 'ntp' }, undefined, 123, { transport: 'udp', amplification: null }],
  ['dns.open-recursion', { protocol: 'dns', details: { recursion: true } }, 'medium'],
  ['dns.open-recursion', { protocol: 'dns', details: { recursion: false } }, undefined],
  ['ssh.version-1', ssh({ sshVersion: '1.99' }), 'high'],
  ['ssh.version-1', ssh(modernSsh), undefined],
  ['ssh.weak-algorithms', ssh({ ...modernSsh, ciphers: ['3des-cbc'] }), 'medium'],
  ['ssh.weak-algorithms', ssh({ ...modernSsh, ciphers: ['aes128-cbc'] }), 'low'],
  ['ssh.weak-algorithms', ssh({ kexAlgorithms: ['diffie-hellman-group1-sha1'] }), 'medium'],
  ['ssh.weak-algorithms', ssh({ macs: ['hmac-md5'] }), 'medium'],
  ['ssh.weak-algorithms', ssh({ hostKeyAlgorithms: ['ssh-dss', 'ssh-rsa'] }), 'medium'],
  ['ssh.weak-algorithms', ssh({ hostKeyAlgorithms: ['ssh-rsa'] }), 'low'],
  ['ssh.weak-algorithms', ssh(modernSsh), undefined],
  ['ssh.weak-host-key', ssh({ hostKey: { type: 'ssh-rsa', bits: 1024 } }), 'medium'],
  ['ssh.weak-host-key', ssh({ hostKey: { type: 'ssh-rsa', bits: 3072 } }), undefined],
  ['ssh.terrapin', ssh(oldServer), 'low'],
  ['ssh.terrapin', ssh(modernSsh), undefined],
  ['ssh.terrapin', ssh({}), undefined],
  ['smb.version-1', { protocol: 'smb', details: { smb1: true } }, 'high'],
  ['smb.version-1', { protocol: 'smb', details: { dialects: ['NT LM 0.12'] } }, 'high'],
  ['smb.version-1', { protocol: 'smb', details: { smb1: false, dialect: '3.1.1' } }, undefined],
  ['rdp.no-nla', { protocol: 'rdp', details: { nla: false } }, 'high'],
  ['rdp.no-nla', { protocol: 'rdp', details: { nla: true, nlaRequired: false } }, 'high'],
  ['rdp.no-nla', { protocol: 'rdp', details: { nla: true, nlaRequired: true } }, undefined],
  ['http.directory-listing', { protocol: 'http', details: { directoryListing: true } }, 'low'],
  ['http.directory-listing', { protocol: 'http', details: {} }, undefined],
  ['product.end-of-life', { protocol: 'mysql', product: 'MySQL', version: '5.7.44' }, 'medium'],
  [
    'product.end-of-life',
    { protocol: 'mysql', product: 'MySQL', version: '8.0.40-0ubuntu0.22.04.1' },
    'low',
  ],
  ['product.end-of-life', { protocol: 'mysql', product: 'MySQL', version: '8.4.3' }, undefined],
  ['product.end-of-life', { protocol: 'mysql', product: 'MySQL' }, undefined],
  [
    'product.end-of-life',
    { protocol: 'http', details: { software: [{ product: 'PHP', version: '7.4.33' }] } },
    'medium',
  ],
  [
    'product.end-of-life',
    {
      protocol: 'http',
      product: 'Apache httpd',
      version: '2.2.22',
      details: { server: 'Apache/2.2.22 (Debian)' },
    },
    'low',
  ],
  [
    'product.end-of-life',
    {
      protocol: 'dns',
      product: 'BIND',
      version: '9.16.23',
      details: { versionBind: '9.16.23-RH' },
    },
    'low',
  ],
  ['product.end-of-life', { protocol: 'dns', product: 'BIND', version: '9.18.41' }, 'medium'],
  ['product.end-of-life', { protocol: 'dns', product: 'BIND', version: '9.20.11' }, undefined],
  ['product.end-of-life', { protocol: 'smtp', product: 'Exim', version: '4.94.2' }, 'medium'],
  ['product.end-of-life', { protocol: 'smtp', product: 'Exim', version: '4.96' }, undefined],
];

function idsWhere(fires: boolean): ReadonlySet<string> {
  const rows = ROWS.filter(([, , severity]) => (severity !== undefined) === fires);
  return new Set(rows.map(([id]) => id));
}

describe('findings beside the verdict', () => {
  const cases = ROWS.map(([rule, look, severity, port = 443, more = {}]) => ({
    rule,
    look,
    severity,
    more: { port, ...more },
  }));
  it.each(cases)('$rule on $look: $severity', ({ rule, look, severity, more }) => {
    expect(severityOf(rule, look, more)).toBe(severity);
  });

  it('has a case that fires and one that does not for each rule', () => {
    const ids = FINDING_RULES.flatMap((rule) => rule.ids);
    expect(ids.filter((id) => !idsWhere(true).has(id))).toEqual([]);
    expect(ids.filter((id) => !idsWhere(false).has(id))).toEqual([]);
  });

  it('names the facts it rests on', () => {
    const look = openPort(443, https(leaf({ notAfter: '2026-11-22T00:00:00Z' })));
    expect(judge(look, NO_POLICY, FROM_OUTSIDE).findings).toEqual([
      {
        address: '192.0.2.7',
        names: ['www.example.org'],
        transport: 'tcp',
        port: 443,
        rule: 'certificate.expired',
        severity: 'high',
        why: 'The certificate expired on 2026-11-22.',
        todo: 'Renew the certificate, and let an ACME client such as certbot renew it from now on.',
        evidence: ['certificate.notAfter: 2026-11-22T00:00:00Z'],
      },
    ]);
  });

  it('does not call a resolver open that only its own machine or network asked', () => {
    const resolver: Look = { protocol: 'dns', details: { recursion: true } };
    const inside = { address: '192.168.1.1' };
    const loopback: JudgeContext = {
      ...FROM_OUTSIDE,
      vantage: { kind: 'loopback', name: 'here' },
    };
    expect(severityOf('dns.open-recursion', resolver, inside)).toBeUndefined();
    expect(severityOf('dns.open-recursion', resolver, {}, loopback)).toBeUndefined();
    expect(severityOf('dns.open-recursion', resolver, { address: '127.0.0.1' })).toBeUndefined();
  });

  it('minds a self-signed certificate less inside', () => {
    const look = https(leaf({ selfSigned: true }));
    expect(severityOf('certificate.self-signed', look, { address: '10.0.0.9' })).toBe('low');
  });

  it('lets time pass before a line has ended', () => {
    const before = { ...FROM_OUTSIDE, now: '2023-01-01T00:00:00Z' };
    const look: Look = { protocol: 'mysql', product: 'MySQL', version: '5.7.44' };
    expect(severityOf('product.end-of-life', look, {}, before)).toBeUndefined();
  });

  it('has words for every id', () => {
    expect(
      FINDING_RULES.flatMap((rule) => rule.ids).filter((id) => !RULE_IDS.includes(id)),
    ).toEqual([]);
  });
});

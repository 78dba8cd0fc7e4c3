import { describe, expect, it } from 'vitest';
import { FROM_OUTSIDE, openPort, tls } from '../../test/helpers/looks.ts';
import { NO_POLICY } from '../model/policy.ts';
import { judge } from './judge.ts';
import type { JudgeInput } from './subject.ts';

function verdictOf(input: JudgeInput, identified = true) {
  const { verdict } = judge({ ...input, identified }, NO_POLICY, FROM_OUTSIDE);
  return [verdict.rule, verdict.level, verdict.severity];
}

const auth = (authRequired: boolean) => ({ details: { authRequired } });

describe('the verdict by what answers', () => {
  it.each([
    [80, { protocol: 'http' }, 'service.web', 'expected', 'info'],
    [443, { protocol: 'https', tls: tls() }, 'service.web', 'expected', 'info'],
    [34_999, { protocol: 'https' }, 'service.web', 'expected', 'info'],
    [8080, { protocol: 'http' }, 'service.web', 'expected', 'info'],
    [25, { protocol: 'smtp' }, 'service.mail', 'expected', 'info'],
    [993, { protocol: 'imap' }, 'service.mail', 'expected', 'info'],
    [53, { protocol: 'dns' }, 'service.dns', 'expected', 'info'],
    [22, { protocol: 'ssh' }, 'service.ssh', 'restrict', 'medium'],
    [443, { protocol: 'ssh' }, 'service.ssh', 'restrict', 'medium'],
    [80, { protocol: 'redis' }, 'exposed.cache', 'close', 'high'],
    [3306, { protocol: 'mysql' }, 'exposed.database', 'close', 'high'],
    [5672, { protocol: 'amqp' }, 'exposed.queue', 'close', 'high'],
    [3389, { protocol: 'rdp' }, 'exposed.remote-desktop', 'close', 'high'],
    [23, { protocol: 'telnet' }, 'exposed.telnet', 'close', 'high'],
    [445, { protocol: 'smb' }, 'exposed.file-sharing', 'close', 'high'],
    [21, { protocol: 'ftp' }, 'exposed.file-transfer', 'restrict', 'medium'],
    [389, { protocol: 'ldap' }, 'exposed.directory', 'close', 'high'],
    [6443, { protocol: 'kubernetes' }, 'exposed.container', 'close', 'high'],
    [1080, { protocol: 'socks5' }, 'exposed.proxy', 'close', 'high'],
    [554, { protocol: 'rtsp' }, 'exposed.video', 'close', 'high'],
    [5060, { protocol: 'sip' }, 'exposed.telephony', 'restrict', 'medium'],
    [9418, { protocol: 'git' }, 'exposed.repository', 'restrict', 'medium'],
    [5222, { protocol: 'xmpp' }, 'service.chat', 'expected', 'info'],
    [6667, { protocol: 'irc' }, 'exposed.chat', 'restrict', 'low'],
    [502, { protocol: 'modbus' }, 'exposed.industrial', 'close', 'critical'],
    [5005, { protocol: 'jdwp' }, 'exposed.debugger', 'close', 'critical'],
    [8009, { protocol: 'ajp' }, 'exposed.backend', 'close', 'high'],
    [79, { protocol: 'finger' }, 'exposed.legacy', 'close', 'medium'],
    [25_565, { protocol: 'minecraft' }, 'exposed.game', 'restrict', 'low'],
    [1723, { protocol: 'pptp' }, 'exposed.vpn', 'close', 'high'],
    [443, { protocol: 'grafana', tls: tls() }, 'exposed.admin-application', 'restrict', 'medium'],
    [443, { protocol: 'nextcloud' }, 'service.web', 'expected', 'info'],
  ] as const)('port %i, %o: %s', (port, service, ...expected) => {
    expect(verdictOf(openPort(port, service))).toEqual(expected);
  });

  it.each([
    ['redis', auth(false), 'access.no-authentication', 'close', 'critical'],
    ['mongodb', auth(false), 'access.no-authentication', 'close', 'critical'],
    ['socks5', auth(false), 'access.no-authentication', 'close', 'critical'],
    ['some-new-protocol', auth(false), 'access.no-authentication', 'close', 'critical'],
    [
      'vnc',
      { details: { securityTypes: ['None', 'VncAuth'] } },
      'access.no-authentication',
      'close',
      'critical',
    ],
    ['vnc', { details: { securityTypes: ['VncAuth'] } }, 'exposed.remote-desktop', 'close', 'high'],
    ['redis', auth(true), 'exposed.cache', 'close', 'high'],
    ['redis', { details: { authRequired: 'false' } }, 'exposed.cache', 'close', 'high'],
    ['http', auth(false), 'service.web', 'expected', 'info'],
    ['nextcloud', auth(false), 'service.web', 'expected', 'info'],
    ['ollama', auth(false), 'access.no-authentication', 'close', 'critical'],
    ['grafana', auth(true), 'exposed.admin-application', 'restrict', 'medium'],
    ['prometheus-exporter', auth(false), 'access.no-authentication', 'close', 'medium'],
    ['rpcbind', auth(false), 'access.no-authentication', 'close', 'high'],
    ['git', auth(false), 'exposed.repository', 'restrict', 'medium'],
  ] as const)('%s with %o: %s', (protocol, rest, ...expected) => {
    expect(verdictOf(openPort(50_123, { protocol, ...rest }))).toEqual(expected);
  });
});

describe('web applications', () => {
  it.each([
    ['Portainer', 'exposed.admin-application', 'close'],
    ['Sign in [Jenkins]', 'exposed.admin-application', 'restrict'],
    ['db.example.org / localhost | phpMyAdmin 5.2.1', 'exposed.admin-application', 'close'],
    ['Why we love Grafana', 'service.web', 'expected'],
    ['', 'service.web', 'expected'],
  ])('the title %j: %s', (title, rule, level) => {
    const look = openPort(80, { protocol: 'http', details: { title } });
    expect(verdictOf(look).slice(0, 2)).toEqual([rule, level]);
  });

  it('tells one by a product in the header', () => {
    const details = { software: [{ product: 'Jetty' }, { product: 'Jenkins', version: '2.4' }] };
    expect(verdictOf(openPort(80, { protocol: 'http', details }))[0]).toBe(
      'exposed.admin-application',
    );
  });

  it('lets the port speak where a web server fits its application', () => {
    expect(verdictOf(openPort(15_672, { protocol: 'http' }))).toEqual([
      'port.close',
      'close',
      'high',
    ]);
    expect(verdictOf(openPort(3306, { protocol: 'http' }))[0]).toBe('service.web');
  });
});

const RAW = { base64: 'Zm9v', text: 'foo' };

describe('the verdict by the port number', () => {
  it.each([
    [443, null, false, 'port.expected', 'expected', 'info'],
    [443, null, true, 'port.expected', 'expected', 'info'],
    [6379, null, false, 'port.close', 'close', 'high'],
    [6379, null, true, 'port.close', 'close', 'high'],
    [22, null, false, 'port.restrict', 'restrict', 'medium'],
    [61_001, null, true, 'unknown.silent', 'unknown', 'low'],
    [61_001, null, false, 'unknown.service', 'unknown', 'low'],
    [443, { protocol: 'unknown', raw: RAW }, false, 'port.expected', 'expected', 'info'],
  ] as const)('port %i with %o, asked: %s', (port, service, asked, ...expected) => {
    expect(verdictOf(openPort(port, service), asked)).toEqual(expected);
  });

  it.each([
    [443, { protocol: 'unknown', raw: RAW }, 'unknown.service'],
    [443, { protocol: 'tls', tls: tls() }, 'port.expected'],
    [6379, { protocol: 'unknown', raw: RAW }, 'port.close'],
    [6379, { protocol: 'unknown' }, 'port.close'],
    [61_001, { protocol: 'unknown' }, 'unknown.silent'],
    [61_001, { protocol: 'unknown', raw: RAW }, 'unknown.service'],
    [61_001, { protocol: 'tls', tls: tls() }, 'unknown.service'],
    [3306, { protocol: 'gopher' }, 'port.restrict'],
    [3306, { protocol: 'never-heard-of' }, 'unknown.service'],
    [61_001, { protocol: 'pulsar' }, 'port.close'],
  ] as const)('port %i with %o: %s', (port, service, rule) => {
    expect(verdictOf(openPort(port, service))[0]).toBe(rule);
  });

  it('says that only the number speaks', () => {
    const silent = judge(openPort(6379, null), NO_POLICY, FROM_OUTSIDE).verdict;
    expect(silent.why).toBe(
      'It accepts connections but stays silent, and port 6379 is usually Redis and Valkey: without a password, a stranger reads everything and can write files that take over the machine.',
    );
  });

  it('has nothing to say about ports that are not open', () => {
    const closed = judge(openPort(6379, null, { state: 'closed' }), NO_POLICY, FROM_OUTSIDE);
    expect(closed.verdict.rule).toBe('port.not-open');
    expect(closed.findings).toEqual([]);
  });
});

describe('a plain server', () => {
  it('with web, SSH and mail has nothing at or above high', () => {
    const looks = [
      openPort(22, { protocol: 'ssh', product: 'OpenSSH', version: '10.0p2' }),
      openPort(25, { protocol: 'smtp', tls: tls({ startTls: true }), details: { startTls: true } }),
      openPort(80, { protocol: 'http', product: 'nginx', version: '1.26.3' }),
      openPort(443, { protocol: 'https', tls: tls() }),
      openPort(993, { protocol: 'imap', tls: tls() }),
      openPort(587, { protocol: 'smtp', tls: tls({ startTls: true }) }),
    ];
    const found = looks.flatMap((look) => judge(look, NO_POLICY, FROM_OUTSIDE).findings);
    expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['service.ssh', 'medium'],
    ]);
  });
});

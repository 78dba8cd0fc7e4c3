import type { HostRecord, PortCounts, PortRecord, ScanReport } from '../../src/model/scan.ts';
import type { Certificate, TlsDetails } from '../../src/model/service.ts';
import type { Finding } from '../../src/model/verdict.ts';

/** What a hostile peer may say to break out of each format. */
export const HOSTILE =
  '\u001b[31mred\u0007 </script><script>document.title="owned"</script> ]]> "quote\' | @here =cmd|\'/c calc\'!A1 \ufffe \ud800 \u202e` <img src=x onerror=alert(1)> ; =1+1';

const certificate: Certificate = {
  subject: 'CN=mail.example.org',
  issuer: "CN=Example's Own CA",
  names: ['mail.example.org', '*.example.org', '192.0.2.10'],
  notBefore: '2023-01-01T00:00:00.000Z',
  notAfter: '2024-01-01T00:00:00.000Z',
  keyType: 'rsa',
  keyBits: 2048,
  selfSigned: false,
  sha256: 'ab'.repeat(32),
};

const tls: TlsDetails = {
  startTls: false,
  version: 'TLSv1.2',
  versions: ['TLSv1.0', 'TLSv1.1', 'TLSv1.2'],
  cipher: 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  alpn: 'http/1.1',
  chain: [certificate],
  nameMatches: true,
  clientCertificateRequested: false,
};

type About = Omit<PortRecord, 'address' | 'names' | 'transport' | 'state' | 'reason'>;

function openPort(host: Pick<HostRecord, 'address' | 'names'>, about: About): PortRecord {
  return {
    address: host.address,
    names: host.names,
    transport: 'tcp',
    state: 'open',
    reason: 'syn-ack',
    rttMs: 1.25,
    ...about,
  };
}

function countsOf(counts: Partial<PortCounts>): PortCounts {
  const none = { open: 0, verified: 0, closed: 0, filtered: 0, unreachable: 0, localError: 0 };
  return { ...none, ...counts };
}

const database = { address: '192.0.2.7', names: ['db.example.org', 'cache.example.org'] };
const mail = { address: '192.0.2.10', names: ['mail.example.org'] };
const six = { address: '2001:db8:85a3:8d3:1319:8a2e:370:7348', names: [] };
const silent = { address: '192.0.2.99', names: ['bücher.example'] };

const databasePorts: readonly PortRecord[] = [
  openPort(database, {
    port: 22,
    service: {
      protocol: 'ssh',
      product: 'OpenSSH',
      version: '9.2p1',
      cpe: 'cpe:2.3:a:openbsd:openssh:9.2:p1:*:*:*:*:*:*',
      details: { hostKey: 'ssh-ed25519', kex: ['curve25519-sha256', 'ecdh-sha2-nistp256'] },
    },
    verdict: {
      level: 'restrict',
      severity: 'medium',
      rule: 'access.ssh',
      why: 'SSH is for administrators, and every scanner on the internet tries its passwords.',
      todo: 'Allow it from your own addresses or a VPN only.',
    },
  }),
  openPort(database, {
    port: 6379,
    service: {
      protocol: 'redis',
      product: 'Redis',
      version: '7.0.15',
      cpe: 'cpe:2.3:a:redis:redis:7.0.15:*:*:*:*:*:*:*',
      details: { authRequired: false, mode: 'standalone' },
      raw: { base64: 'K1BPTkcNCg==', text: '+PONG\\r\\n' },
    },
    verdict: {
      level: 'close',
      severity: 'critical',
      rule: 'redis.open',
      why: 'Redis answers without a password: anybody who reaches it can read and change all data.',
      todo: 'Bind it to 127.0.0.1 or set requirepass, and close the port to the outside.',
    },
  }),
  openPort(database, {
    port: 9999,
    service: {
      protocol: 'unknown',
      raw: { base64: 'G1szMW0=', text: `${HOSTILE}${'A'.repeat(4096)}` },
    },
    verdict: {
      level: 'unknown',
      severity: 'low',
      rule: 'service.unknown',
      why: 'Something answers here that was not recognised.',
      todo: 'Find out which program listens here, and close the port if nobody needs it.',
    },
  }),
];

const mailPorts: readonly PortRecord[] = [
  openPort(mail, {
    port: 443,
    service: {
      protocol: 'https',
      product: 'nginx',
      version: '1.22.1',
      cpe: 'cpe:2.3:a:nginx:nginx:1.22.1:*:*:*:*:*:*:*',
      tls,
      details: { status: 200, title: `Welcome ${HOSTILE}`, redirects: [] },
    },
    verdict: {
      level: 'expected',
      severity: 'info',
      rule: 'web.expected',
      why: 'A web site is meant for everybody.',
      todo: '',
    },
  }),
  openPort(mail, { port: 8443 }),
];

const sixPorts: readonly PortRecord[] = [
  openPort(six, {
    port: 25,
    service: {
      protocol: 'smtp',
      product: 'Postfix',
      tls: { ...tls, startTls: true, chain: [] },
      details: { startTls: true },
    },
    verdict: {
      level: 'expected',
      severity: 'info',
      rule: 'mail.expected',
      why: 'Mail servers deliver to this port.',
      todo: '',
    },
  }),
];

const finding = (
  record: PortRecord,
  about: Pick<Finding, 'rule' | 'severity' | 'why' | 'todo'>,
) => {
  const { address, names, transport, port } = record;
  return { address, names, transport, port, ...about, evidence: [] };
};

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('sample report lacks an element');
  return value;
}

function fromVerdict(record: PortRecord): Finding {
  const { rule, severity, why, todo } = must(record.verdict);
  return finding(record, { rule, severity, why, todo });
}

const findings: readonly Finding[] = [
  { ...fromVerdict(must(databasePorts[1])), evidence: ['details.authRequired: false'] },
  {
    ...finding(must(mailPorts[0]), {
      rule: 'tls.expired',
      severity: 'high',
      why: 'The certificate expired on 2024-01-01.',
      todo: 'Renew the certificate and automate its renewal.',
    }),
    evidence: ['certificate.notAfter: 2024-01-01T00:00:00.000Z'],
  },
  fromVerdict(must(databasePorts[0])),
  {
    ...finding(must(mailPorts[0]), {
      rule: 'tls.old-version',
      severity: 'medium',
      why: 'TLS 1.0 and 1.1 are accepted; they are broken since 2021 (RFC 8996).',
      todo: 'Allow TLS 1.2 and 1.3 only.',
    }),
    evidence: ['tls.versions: TLSv1.0, TLSv1.1'],
  },
  fromVerdict(must(databasePorts[2])),
];

const closedPort: PortRecord = {
  ...silent,
  transport: 'tcp',
  port: 81,
  state: 'unreachable',
  reason: 'icmp-admin-prohibited',
};

const hosts: readonly HostRecord[] = [
  { ...database, counts: countsOf({ open: 3, verified: 3, closed: 997 }), ports: databasePorts },
  { ...mail, counts: countsOf({ open: 2, verified: 1, filtered: 998 }), ports: mailPorts },
  {
    ...six,
    counts: countsOf({ open: 1, verified: 1, closed: 990, localError: 9 }),
    ports: sixPorts,
  },
  {
    ...silent,
    edge: {
      provider: 'Cloudflare',
      basis: 'list',
      evidence: ['192.0.2.99 is in the ranges that Cloudflare publishes'],
    },
    counts: countsOf({ filtered: 900, unreachable: 100 }),
    ports: [closedPort],
  },
];

/** A report with something of everything that a scan can find, hostile peers included. */
export function sampleReport(): ScanReport {
  return {
    schema: 'postern.scan/1',
    scan: {
      id: '0b8e6f6e-2f0b-4c3a-9a55-6d2f6f2f9a10',
      tool: 'postern 0.1.0',
      startedAt: '2026-08-20T14:05:00.000Z',
      endedAt: '2026-08-20T14:05:12.340Z',
      complete: true,
      scope: {
        targets: ['192.0.2.0/25', 'mail.example.org', '2001:db8:85a3:8d3:1319:8a2e:370:7348'],
        exclude: ['192.0.2.64/26'],
        ports: { tcp: '1-1000', udp: '' },
        transports: ['tcp'],
        engine: 'epoll',
        vantage: { kind: 'host', name: 'worker-1' },
      },
      stats: {
        hosts: 4,
        probes: 5901,
        answered: 2093,
        retries: 1901,
        achievedRate: 478.2,
        slowdowns: 0,
      },
      problems: [
        {
          code: 'TARGET_SYNTAX',
          message: 'hosts.txt:3: "300.1.2.3" is not an IP address (octet over 255)',
        },
      ],
    },
    hosts,
    findings,
  };
}

/** The same scan with nothing found. */
export function emptyReport(): ScanReport {
  const report = sampleReport();
  return { ...report, scan: { ...report.scan, problems: [] }, hosts: [], findings: [] };
}

/** Keys whose values are words of a closed set. */
const WORDS = new Set([
  'schema',
  'transport',
  'transports',
  'state',
  'reason',
  'level',
  'basis',
  'severity',
]);
const TIMES = new Set(['kind', 'startedAt', 'endedAt']);

function replaced(value: unknown, key: string, text: string): unknown {
  if (typeof value === 'string') return WORDS.has(key) || TIMES.has(key) ? value : text;
  if (Array.isArray(value)) return value.map((item) => replaced(item, key, text));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, item]) => [name, replaced(item, name, text)]));
}

/** The sample with every free text replaced by `text`. */
export function reportOfText(text: string): ScanReport {
  return replaced(sampleReport(), '', text) as ScanReport;
}

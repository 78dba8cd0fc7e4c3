import type { FindingRule, Hit } from '../rule.ts';
import type { Subject } from '../subject.ts';

type Grade = 'medium' | 'low';

/** Broken, or resting on SHA-1 or CBC, per name-list of RFC 4253 §7.1 (RFC 9142, RFC 8758). */
const WEAK: Readonly<Record<string, Readonly<Record<string, Grade>>>> = {
  kexAlgorithms: {
    'diffie-hellman-group1-sha1': 'medium',
    'diffie-hellman-group-exchange-sha1': 'low',
    'diffie-hellman-group14-sha1': 'low',
    'rsa1024-sha1': 'medium',
  },
  ciphers: {
    none: 'medium',
    arcfour: 'medium',
    arcfour128: 'medium',
    arcfour256: 'medium',
    'des-cbc': 'medium',
    '3des-cbc': 'medium',
    'blowfish-cbc': 'medium',
    'cast128-cbc': 'medium',
    'aes128-cbc': 'low',
    'aes192-cbc': 'low',
    'aes256-cbc': 'low',
    'rijndael-cbc@lysator.liu.se': 'low',
  },
  macs: {
    none: 'medium',
    'hmac-md5': 'medium',
    'hmac-md5-96': 'medium',
    'hmac-md5-etm@openssh.com': 'medium',
    'hmac-md5-96-etm@openssh.com': 'medium',
    'hmac-sha1-96': 'low',
    'hmac-sha1-96-etm@openssh.com': 'low',
  },
};

interface Weak {
  readonly name: string;
  readonly grade: Grade;
}

function weakIn(list: string, { facts }: Subject): readonly Weak[] {
  const table = WEAK[list] ?? {};
  return facts.list(list).flatMap((name) => {
    const grade = Object.hasOwn(table, name) ? table[name] : undefined;
    return grade === undefined ? [] : [{ name, grade }];
  });
}

/** DSA is broken by its size; ssh-rsa alone means signatures with SHA-1 (RFC 8332). */
function weakHostKeys({ facts }: Subject): readonly Weak[] {
  const offered = facts.list('hostKeyAlgorithms');
  const found: Weak[] = [];
  if (offered.includes('ssh-dss')) found.push({ name: 'ssh-dss', grade: 'medium' });
  if (offered.length === 1 && offered[0] === 'ssh-rsa') {
    found.push({ name: 'ssh-rsa', grade: 'low' });
  }
  return found;
}

function weakAlgorithms(subject: Subject): Hit[] {
  const found = Object.keys(WEAK).flatMap((list) => weakIn(list, subject));
  found.push(...weakHostKeys(subject));
  if (found.length === 0) return [];
  const names = found.map(({ name }) => name).join(', ');
  return [
    {
      rule: 'ssh.weak-algorithms',
      severity: found.some(({ grade }) => grade === 'medium') ? 'medium' : 'low',
      why: `The server offers algorithms that are broken or about to be: ${names}.`,
      todo: 'Take them out of KexAlgorithms, Ciphers, MACs and HostKeyAlgorithms in sshd_config.',
      evidence: [`details.algorithms: ${names}`],
    },
  ];
}

function version1({ facts }: Subject): Hit[] {
  const version = facts.text('sshVersion') ?? facts.text('protocolVersion') ?? '';
  if (!version.startsWith('1.')) return [];
  return [
    {
      rule: 'ssh.version-1',
      why: 'The server speaks SSH 1, which can be read and changed on the way.',
      todo: 'Update the SSH server, or set Protocol 2 on old ones.',
      evidence: [`details.sshVersion: ${version}`],
    },
  ];
}

const LEAST_RSA_BITS = 2048;

function weakHostKey({ facts }: Subject): Hit[] {
  const key = facts.under('hostKey');
  const type = key.text('type') ?? '';
  const bits = key.number('bits');
  const short = type === 'ssh-rsa' && bits !== undefined && bits < LEAST_RSA_BITS;
  if (!short && type !== 'ssh-dss') return [];
  const size = bits === undefined ? type : `${type} ${bits}`;
  return [
    {
      rule: 'ssh.weak-host-key',
      why: `The host key (${size} bits) is short enough to be computed by others.`,
      todo: 'Create a new one with ssh-keygen -t ed25519, and remove the old one from sshd_config.',
      evidence: [`details.hostKey: ${size}`],
    },
  ];
}

/** CVE-2023-48795: these modes can be cut at the beginning unless both sides are strict. */
function terrapin({ facts }: Subject): Hit[] {
  const kex = facts.list('kexAlgorithms');
  const ciphers = facts.list('ciphers');
  if (kex.length === 0 || kex.includes('kex-strict-s-v00@openssh.com')) return [];
  const chacha = ciphers.includes('chacha20-poly1305@openssh.com');
  const cbc = ciphers.some((name) => name.endsWith('-cbc'));
  const etm = facts.list('macs').some((name) => name.includes('-etm@'));
  if (!chacha && !(cbc && etm)) return [];
  return [
    {
      rule: 'ssh.terrapin',
      why: 'The server lacks strict key exchange, so somebody on the way can cut off the first messages (Terrapin, CVE-2023-48795).',
      todo: 'Update the SSH server.',
      evidence: ['details.kexAlgorithms: no kex-strict-s-v00@openssh.com'],
    },
  ];
}

export const ssh: FindingRule = {
  ids: ['ssh.version-1', 'ssh.weak-algorithms', 'ssh.weak-host-key', 'ssh.terrapin'],
  check(subject) {
    if (subject.protocol !== 'ssh') return [];
    return [version1, weakAlgorithms, weakHostKey, terrapin].flatMap((check) => check(subject));
  },
};

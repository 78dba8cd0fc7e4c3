import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from './child.ts';
import { makeFolder, removeFolder } from './folders.ts';
import { sayHello } from './hello.ts';
import { HTTP, SSH } from './hellos.ts';
import type { Namespace } from './namespace.ts';

/** What a program does with every connection, whatever its port. */
export type Pretence =
  /** Takes what is said and says nothing. */
  | 'mute'
  /** Tears the connection down as soon as it stands. */
  | 'resets'
  /** An SSH server's greeting, with a new cookie each time. */
  | 'ssh-greeting'
  /** A web page that names its port, the time and a session. */
  | 'web-page'
  /** A word of random letters every second, for ever. */
  | 'tarpit'
  /** A greeting of some mail, file or shell server, drawn by the port's number. */
  | 'many-faces';

/** Takes [port, pretence]; ends when its standard input does. */
const PRETENDER = `
const [port, pretence] = JSON.parse(process.argv[1]);
const { randomBytes } = require('node:crypto');
const net = require('node:net');
const page = (request) => {
  const host = /^host: *(.*)$/im.exec(request)?.[1]?.trim() ?? '';
  const body = '<html><title>Welcome</title>This is ' + host + '</html>';
  return 'HTTP/1.1 200 OK\\r\\nServer: nginx/1.18.0\\r\\nDate: ' + new Date().toUTCString() +
    '\\r\\nSet-Cookie: sid=' + randomBytes(16).toString('hex') + '\\r\\nContent-Length: ' + body.length +
    '\\r\\nConnection: close\\r\\n\\r\\n' + body;
};
const faces = [
  () => '220 mail' + randomBytes(3).toString('hex') + ' ESMTP Postfix\\r\\n',
  () => '+OK Dovecot ' + randomBytes(9).toString('hex') + ' ready.\\r\\n',
  () => '220 (vsFTPd ' + randomBytes(1)[0] + '.0)\\r\\n',
  () => 'RFB 003.00' + randomBytes(1)[0] % 9 + '\\n',
  () => '* OK [CAPABILITY ' + randomBytes(20).toString('hex') + '] IMAP4rev1\\r\\n',
  () => randomBytes(40).toString('base64') + '\\n',
];
const drip = (socket) => socket.write(randomBytes(4).toString('hex') + '\\r\\n');
const acts = {
  mute: (socket) => socket.resume(),
  resets: (socket) => socket.resetAndDestroy(),
  'ssh-greeting': (socket) => socket.resume().write(Buffer.concat([
    Buffer.from('SSH-2.0-OpenSSH_8.4p1 Debian-5\\r\\n\\0\\0\\0\\x94\\x06\\x14', 'latin1'), randomBytes(16),
    Buffer.from('\\0\\0\\0\\x7ecurve25519-sha256,diffie-hellman-group14-sha256', 'latin1')])),
  'web-page': (socket) => socket.once('data', (data) => socket.end(page(String(data)))),
  tarpit: (socket) => {
    const timer = setInterval(() => drip(socket), 1000);
    socket.resume().once('close', () => clearInterval(timer));
  },
  'many-faces': (socket) => socket.resume().write(faces[randomBytes(1)[0] % faces.length]()),
};
net.createServer((socket) => {
  socket.on('error', () => {});
  acts[pretence](socket);
}).listen({ port, host: '::', backlog: 4096 }, () => require('node:fs').writeSync(1, 'ready'));
process.stdin.resume().on('end', () => process.exit());
`;

/** Where the program listens to which all ports lead. */
const BEHIND = 9;

/** Listens inside on one port and pretends there. */
export function pretendAt(namespace: Namespace, port: number, pretence: Pretence): Promise<void> {
  return namespace.script(PRETENDER, [port, pretence]);
}

/** Leads every TCP port of the host, but for `real` ones, to one program that pretends. */
export async function pretend(
  namespace: Namespace,
  pretence: Pretence,
  real: readonly number[] = [],
): Promise<void> {
  namespace.exec('sysctl', '-qw', 'net.core.somaxconn=4096');
  await pretendAt(namespace, BEHIND, pretence);
  const but = real.length === 0 ? '' : `tcp dport { ${real.join(', ')} } accept;`;
  namespace.nft(`
table inet pretence {
  chain nat {
    type nat hook prerouting priority dstnat; ${but}
    meta l4proto tcp redirect to :${BEHIND};
  }
}`);
}

/** The kernel's own SYN proxy before all ports: it completes every handshake before it asks the host. */
export function synProxy(namespace: Namespace): void {
  namespace.exec('sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_loose=0');
  namespace.nft(`
table inet lab {
  chain raw {
    type filter hook prerouting priority raw;
    tcp flags syn notrack;
  }
  chain input {
    type filter hook input priority filter;
    iifname != lo ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm;
    ct state invalid drop;
  }
}`);
}

/** Lets an address of IPv4 in until it has sent \`burst\` SYNs, and drops all of it for a minute after that. */
export function shunAfter(namespace: Namespace, burst: number): void {
  namespace.nft(`
table ip shun {
  set seen { type ipv4_addr; size 65535; flags dynamic; timeout 60s; }
  set banned { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 60s; }
  chain input {
    type filter hook input priority filter;
    ip saddr @banned drop;
    tcp flags & (syn | ack) == syn add @seen { ip saddr limit rate over 1/second burst ${burst} packets } add @banned { ip saddr timeout 60s } drop;
  }
}`);
}

/** A real server that runs inside. */
export interface Services {
  /** Kills it and removes its folder. */
  stop(): Promise<void>;
}

/** Real web servers (nginx) inside, one on each port, each with a page of its own. */
export async function serveWeb(namespace: Namespace, ports: readonly number[]): Promise<Services> {
  const dir = makeFolder('many-webs');
  const sites = ports.map(
    (port) => `  server { listen ${port}; location / { return 200 "site ${port}\\n"; } }\n`,
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${dir}/${kind};\n`)
    .join('');
  const main = `daemon off;\npid ${dir}/nginx.pid;\nerror_log stderr;\nworker_rlimit_nofile 8192;\nevents { worker_connections 2048; }\n`;
  const config = join(dir, 'nginx.conf');
  await writeFile(config, `${main}http {\n  access_log off;\n${temporary}${sites.join('')}}\n`);
  const args = ['-e', 'stderr', '-p', dir, '-c', config];
  const child = startChild(
    { command: 'nginx', args, cwd: dir, namespace: namespace.name },
    join(dir, 'log'),
  );
  return served(namespace, ports, HTTP, child, dir);
}

/** A real OpenSSH server inside, on each of the ports: from 1 to 16, or it would choose its own or refuse. */
export async function serveSsh(namespace: Namespace, ports: readonly number[]): Promise<Services> {
  const dir = makeFolder('many-shells');
  const key = join(dir, 'key');
  namespace.exec('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key);
  const lines = [
    ...ports.map((port) => `Port ${port}`),
    `HostKey ${key}`,
    `PidFile ${dir}/sshd.pid`,
    'AddressFamily inet',
    'UsePAM no',
    'MaxStartups 500',
  ];
  await writeFile(join(dir, 'sshd_config'), `${lines.join('\n')}\n`);
  const args = ['-D', '-e', '-f', join(dir, 'sshd_config')];
  const child = startChild(
    { command: 'sshd', args, cwd: dir, namespace: namespace.name, ownRun: ['sshd'] },
    join(dir, 'log'),
  );
  return served(namespace, ports, SSH, child, dir);
}

const READY_WITHIN_MS = 30_000;

async function served(
  { far }: Namespace,
  ports: readonly number[],
  hello: typeof HTTP,
  child: Child,
  dir: string,
): Promise<Services> {
  const stop = async (): Promise<void> => {
    await child.kill();
    await removeFolder(dir);
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  for (const port of ports) {
    const at = { address: far.v4, port, transport: 'tcp', tls: false } as const;
    while ((await sayHello(hello, at).catch(() => null)) === null) {
      const ended = child.ended() ?? (Date.now() > deadline ? 'no answer in time' : undefined);
      if (ended !== undefined) {
        const log = child.log();
        await stop();
        throw new Error(`port ${port} is not served: ${ended}\n${log}`);
      }
      await sleep(50);
    }
  }
  return { stop };
}

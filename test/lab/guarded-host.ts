import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findCommand } from '../helpers/needs.ts';
import { makeFolder, removeFolder } from './folders.ts';
import { startFirewalld, startUfw } from './managed-firewalls.ts';
import { makeNamespace, type Namespace } from './namespace.ts';

const POSTERN = fileURLToPath(new URL('../../bin/postern.js', import.meta.url));
/** A refused connection is told at once; a dropped one is silence for longer than this, in milliseconds. */
const SILENCE_MS = 900;

/** What the firewalls let in. */
const PORTS = [2222, 5432, 6379, 7000];

export type Guard = 'nftables' | 'iptables-legacy' | 'iptables-nft' | 'ufw' | 'firewalld';

/** A host in a namespace behind a firewall of one kind, with an /etc of its own, and Postern on it. */
export interface GuardedHost {
  readonly namespace: Namespace;
  /** Addresses of two clients outside; the first is `namespace.near.v4`. */
  readonly clients: readonly [string, string];
  /** Where Postern keeps its changes there. */
  readonly state: string;
  /** Runs a program there to its end. */
  exec(command: string, ...args: string[]): string;
  /** The rules in force, as their own tool lists them; without counters. */
  rules(): string;
  /** Loads the rules as a restart of the host does: from what is saved. */
  restart(): void;
  /** Runs Postern there to its end. */
  postern(...args: string[]): Promise<{ code: number | null; out: string; err: string }>;
  /** Starts Postern there, as the first of its process group. */
  start(...args: string[]): ChildProcess;
  /** The command line of Postern there, for a program inside to run. */
  command(...args: string[]): string[];
  /** Runs a shell command there for a connection to a port, which is its standard input and output. */
  serve(port: number, command: string): Promise<void>;
  /** Opens a connection from a client; null when it does not come about. */
  dial(port: number, client?: string): Promise<Socket | null>;
  /** Whether a datagram to a UDP port comes back to the first client. */
  echoes(port: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Answers each line with itself, on all addresses. */
const ECHO = `
const ports = JSON.parse(process.argv[1]);
const net = require('node:net');
const echo = (socket) => socket.on('error', () => {}).pipe(socket);
Promise.all(ports.map((port) => new Promise((done) => net.createServer(echo).listen(port, '::', done))))
  .then(() => require('node:fs').writeSync(1, 'ready'));
process.stdin.resume().on('end', () => process.exit());
`;

/** Takes [port, command]: hands the socket itself on, as sshd and inetd do. */
const SERVE = `
const [port, command] = JSON.parse(process.argv[1]);
const net = require('node:net');
net.createServer({ pauseOnConnect: true }, (socket) => {
  const { fd } = socket._handle;
  require('node:child_process').spawn('sh', ['-c', command], { stdio: [fd, fd, 'inherit'] })
    .on('exit', () => socket.destroy());
}).listen(port, '::', () => require('node:fs').writeSync(1, 'ready'));
process.stdin.resume().on('end', () => process.exit());
`;

const NFT_RULES = `table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    iif "lo" accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    tcp dport { 2222, 5432, 6379, 7000 } accept comment "what is served"
  }
}`;

const IPTABLES_RULES = `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m multiport --dports 2222,5432,6379,7000 -j ACCEPT
COMMIT
`;

const RESTARTS: Readonly<Record<Guard, readonly (readonly string[])[]>> = {
  nftables: [['nft', '-f', '/etc/nftables.conf']],
  'iptables-legacy': [
    ['iptables-legacy-restore', '/etc/iptables/rules.v4'],
    ['ip6tables-legacy-restore', '/etc/iptables/rules.v6'],
  ],
  'iptables-nft': [
    ['iptables-nft-restore', '/etc/iptables/rules.v4'],
    ['ip6tables-nft-restore', '/etc/iptables/rules.v6'],
  ],
  ufw: [['ufw', 'reload']],
  firewalld: [['firewall-cmd', '--reload']],
};

/** TCP ports that answer there: 2222, 5432 and 6379, all let in by the firewall, as 7000 is. */
export async function makeGuardedHost(guard: Guard): Promise<GuardedHost> {
  const namespace = makeNamespace();
  const folder = makeFolder('guarded');
  const second = namespace.spare(7);
  execFileSync('ip', ['addr', 'add', `${second}/32`, 'dev', namespace.near.device]);
  namespace.exec('ip', 'route', 'add', `${second}/32`, 'dev', namespace.far.device);
  await namespace.script(ECHO, [2222, 5432, 6379]);
  const place = await enterable(guard, namespace, folder);
  const state = join(folder, 'state');
  const line = (command: string, args: readonly string[]) => [
    ...place.enter,
    findCommand(command) ?? command,
    ...args,
  ];
  const exec = (command: string, ...args: string[]) => {
    const [program = '', ...rest] = line(command, args);
    return execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const command = (...args: string[]) => line(process.execPath, [POSTERN, ...args]);
  const start = (...args: string[]) => {
    const [program = '', ...rest] = command(...args, '--state', state);
    return spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  };
  return {
    namespace,
    clients: [namespace.near.v4, second],
    state,
    exec,
    rules: () => listRules(guard, exec),
    restart: () => {
      for (const [program = '', ...args] of RESTARTS[guard]) exec(program, ...args);
    },
    postern: (...args) => finished(start(...args)),
    start,
    command: (...args) => command(...args, '--state', state),
    serve: (port, shell) => namespace.script(SERVE, [port, shell]),
    dial: (port, client = namespace.near.v4) => dial(namespace.far.v4, port, client),
    echoes: (port) => echoes(namespace.far.v4, port),
    close: async () => {
      await place.close();
      namespace.close();
      await removeFolder(folder);
    },
  };
}

interface Place {
  /** Before a command line, runs it on the host. */
  readonly enter: readonly string[];
  close(): Promise<void>;
}

async function enterable(guard: Guard, namespace: Namespace, folder: string): Promise<Place> {
  if (guard === 'ufw') {
    const firewall = await startUfw(namespace);
    for (const port of PORTS) firewall.exec('ufw', 'allow', `${port}/tcp`);
    firewall.exec('ufw', '--force', 'enable');
    return firewall;
  }
  if (guard === 'firewalld') {
    const firewall = await startFirewalld(namespace);
    const ports = PORTS.map((port) => `--add-port=${port}/tcp`);
    firewall.exec('firewall-cmd', ...ports);
    firewall.exec('firewall-cmd', '--permanent', ...ports);
    return firewall;
  }
  return bare(guard, namespace, folder);
}

/** Without a manager: a copy of /etc, mounted over it in the mount namespace of each command. */
function bare(guard: Guard, namespace: Namespace, folder: string): Place {
  const etc = join(folder, 'etc');
  execFileSync('cp', ['-a', '/etc', etc]);
  execFileSync('rm', ['-f', join(etc, 'ufw/ufw.conf')]);
  writeFileSync(join(etc, 'nftables.conf'), `#!/usr/sbin/nft -f\nflush ruleset\n${NFT_RULES}\n`);
  execFileSync('rm', ['-rf', join(etc, 'iptables')]);
  const mount = `mount --bind ${etc} /etc && exec "$@"`;
  if (guard === 'nftables') namespace.nft(NFT_RULES);
  else
    for (const v of ['iptables', 'ip6tables']) restore(namespace, `${v}-${guard.slice(9)}-restore`);
  return {
    enter: [findCommand('ip') ?? 'ip', 'netns', 'exec', namespace.name, 'sh', '-c', mount, 'sh'],
    close: () => Promise.resolve(),
  };
}

function restore(namespace: Namespace, command: string): void {
  const args = ['netns', 'exec', namespace.name, findCommand(command) ?? command];
  execFileSync('ip', args, { input: IPTABLES_RULES });
}

function listRules(guard: Guard, exec: GuardedHost['exec']): string {
  if (guard === 'nftables' || guard === 'firewalld') return exec('nft', '-s', 'list', 'ruleset');
  const back = guard === 'ufw' ? '' : guard.slice('iptables'.length);
  return ['iptables', 'ip6tables']
    .map((name) => exec(`${name}${back}-save`))
    .join('')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\[\d+:\d+\]/g, '[0:0]');
}

async function finished(child: ChildProcess) {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

async function dial(host: string, port: number, localAddress: string): Promise<Socket | null> {
  const socket = connect({ host, port, localAddress });
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(SILENCE_MS) });
    return socket;
  } catch {
    // of a process that was given no time the clock is told first, and then what came meanwhile
    await setImmediate();
    if (socket.readyState === 'open') return socket;
    socket.destroy();
    return null;
  }
}

async function echoes(host: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.send('still here?', port, host);
    await once(socket, 'message', { signal: AbortSignal.timeout(SILENCE_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { findCommand, met } from '../helpers/needs.ts';

/** A network namespace joined to ours by a veth pair: another host on a cable. */
export interface Namespace {
  /** For `ip netns exec`. */
  readonly name: string;
  /** Our ends of the cable. */
  readonly near: { readonly v4: string; readonly v6: string; readonly device: string };
  /** The namespace's ends. */
  readonly far: { readonly v4: string; readonly v6: string; readonly device: string };
  /** Address number `at` (0 … 4,095) of a /20, or of an IPv6 /112, that is this namespace's own to route. */
  spare(at: number, family?: 'v4' | 'v6'): string;
  /** Runs a program inside to its end and returns what it printed. */
  exec(command: string, ...args: string[]): string;
  /** Loads nftables rules inside. */
  nft(rules: string): void;
  /** Makes the host inside answer for every address of `cidr`, and routes it there. */
  answerFor(cidr: string): void;
  /** Moves a device of ours inside, and routes `address` through the namespace to it. */
  adopt(device: string, address: string): void;
  /** Runs a script of Node inside until the end; it gets `setting` as JSON and prints `ready`. */
  script(source: string, setting: unknown): Promise<void>;
  /** Listens inside on all addresses; resolves when all ports are open. */
  listen(ports: readonly number[], options?: ListenOptions): Promise<void>;
  /**
   * Answers every datagram to these ports inside with itself: at the namespace's own addresses, or
   * at those given.
   */
  echo(ports: readonly number[], addresses?: readonly string[]): Promise<void>;
  /** Ends what was started inside and removes the namespace. Also done when this process ends. */
  close(): void;
}

export interface ListenOptions {
  readonly backlog?: number;
  /** Never accepts a connection: what comes stays in the backlog. */
  readonly deaf?: boolean;
}

/** Whether namespaces can be made; says why not. */
export function namespacesMet(...commands: string[]): boolean {
  return met({ root: true, linux: true, commands: ['ip', ...commands] });
}

const PREFIX = 'pst';
const standing = new Set<Namespace>();
let made = 0;

/** Makes a namespace with addresses that no other process of this machine uses. Needs root. */
export function makeNamespace(): Namespace {
  if (made === 0) {
    sweep();
    closeAtExit();
  }
  made += 1;
  const id = `${process.pid.toString(36)}x${made.toString(36)}`;
  const name = `${PREFIX}-${process.pid}-${made}`;
  const near = { ...addresses(1), device: `pn${id}` };
  const far = { ...addresses(2), device: `pf${id}` };
  const children = new Set<ReturnType<typeof spawn>>();
  const namespace: Namespace = {
    name,
    near,
    far,
    spare: spareAddresses(made),
    exec: (command, ...args) => run('ip', 'netns', 'exec', name, path(command), ...args),
    nft: (rules) => {
      execFileSync(path('ip'), ['netns', 'exec', name, path('nft'), '-f', '-'], { input: rules });
    },
    answerFor: (cidr) => {
      const family = cidr.includes(':') ? '-6' : '-4';
      run('ip', family, '-n', name, 'route', 'add', 'local', cidr, 'dev', 'lo');
      run('ip', family, 'route', 'add', cidr, 'via', cidr.includes(':') ? far.v6 : far.v4);
    },
    adopt: (device, address) => {
      run('ip', 'link', 'set', device, 'netns', name);
      run('ip', '-n', name, 'link', 'set', device, 'up');
      run('ip', '-n', name, 'route', 'add', address, 'dev', device);
      run('ip', 'netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
      run('ip', 'route', 'add', address, 'via', far.v4);
    },
    script: async (source, setting) => {
      children.add(await startScript(name, source, setting));
    },
    listen: async (ports, { backlog = 511, deaf = false } = {}) => {
      children.add(await startScript(name, LISTENER, [ports, backlog, deaf]));
    },
    echo: async (ports, own = [far.v4, far.v6]) => {
      children.add(await startScript(name, ECHO, [ports, own]));
    },
    close: () => {
      if (!standing.delete(namespace)) return;
      for (const child of children) child.kill('SIGKILL');
      remove(name);
    },
  };
  standing.add(namespace);
  connect(namespace);
  return namespace;
}

/** From the process id, so that namespaces made at the same time by others differ. */
function addresses(end: 1 | 2): { v4: string; v6: string } {
  const pair = (process.pid * 16 + (made % 16)) % 16_384;
  const at = pair * 4 + end;
  return {
    v4: `10.${200 + ((at >> 14) % 4)}.${(at >> 8) & 63}.${at & 255}`,
    v6: `fd70:${(process.pid & 0xffff).toString(16)}:${made.toString(16)}::${end}`,
  };
}

function spareAddresses(number: number): Namespace['spare'] {
  const first = (process.pid & 127) * 65_536 + (number & 15) * 4096;
  const v6 = `fd71:${(process.pid & 0xffff).toString(16)}:${number.toString(16)}`;
  return (at, family = 'v4') => {
    const low = first + at;
    if (family === 'v6') return `${v6}::${(at + 1).toString(16)}`;
    return `10.${64 + (low >> 16)}.${(low >> 8) & 255}.${low & 255}`;
  };
}

function connect({ name, near, far }: Namespace): void {
  run('ip', 'netns', 'add', name);
  run('ip', 'link', 'add', near.device, 'type', 'veth', 'peer', far.device, 'netns', name);
  run('ip', 'addr', 'add', `${near.v4}/30`, 'dev', near.device);
  run('ip', 'addr', 'add', `${near.v6}/64`, 'dev', near.device, 'nodad');
  run('ip', '-n', name, 'addr', 'add', `${far.v4}/30`, 'dev', far.device);
  run('ip', '-n', name, 'addr', 'add', `${far.v6}/64`, 'dev', far.device, 'nodad');
  run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  run('ip', '-n', name, 'link', 'set', far.device, 'up');
  run('ip', 'link', 'set', near.device, 'up');
}

/** Takes [ports, backlog, deaf]; ends when its standard input does. */
const LISTENER = `
const [ports, backlog, deaf] = JSON.parse(process.argv[1]);
const net = require('node:net');
const quiet = (socket) => socket.on('error', () => {}).end();
Promise.all(ports.map((port) => new Promise((resolve, reject) => {
  net.createServer(quiet).once('error', reject).listen({ port, host: '::', backlog }, resolve);
}))).then(() => {
  require('node:fs').writeSync(1, 'ready');
  if (deaf) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
process.stdin.resume().on('end', () => process.exit());
`;

/** Takes [ports, addresses]; a socket for each, since one for all answers from the first address. */
const ECHO = `
const [ports, addresses] = JSON.parse(process.argv[1]);
const { createSocket } = require('node:dgram');
const bind = (address, port) => new Promise((resolve, reject) => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => socket.send(message, from.port, from.address));
  socket.once('error', reject).bind(port, address, resolve);
});
Promise.all(ports.flatMap((port) => addresses.map((address) => bind(address, port))))
  .then(() => require('node:fs').writeSync(1, 'ready'));
process.stdin.resume().on('end', () => process.exit());
`;

async function startScript(name: string, source: string, setting: unknown) {
  const mortal = ['setpriv', '--pdeathsig', 'KILL', '--', process.execPath, '-e', source];
  const child = spawn(path('ip'), ['netns', 'exec', name, ...mortal, JSON.stringify(setting)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (String(said) !== 'ready') throw new Error(`the script in ${name} ended (${said})`);
  return child;
}

function remove(name: string): void {
  spawnSync(path('ip'), ['netns', 'del', name]);
}

/** Removes what processes that were killed left behind. */
function sweep(): void {
  for (const line of run('ip', 'netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ');
    const [prefix, pid] = name.split('-');
    if (prefix === PREFIX && pid !== undefined && !existsSync(`/proc/${pid}`)) remove(name);
  }
}

function closeAll(): void {
  for (const namespace of standing) namespace.close();
}

function closeAtExit(): void {
  process.once('exit', closeAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      closeAll();
      process.kill(process.pid, signal);
    });
  }
}

function run(command: string, ...args: string[]): string {
  return execFileSync(path(command), args, { encoding: 'utf8' });
}

function path(command: string): string {
  return findCommand(command) ?? command;
}

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { listenerKey } from '../model/listener.ts';
import { readFirewalls } from './firewall.ts';
import type { InetSocket } from './linux/inet-socket.ts';
import { readText } from './linux/proc-files.ts';
import { readSockets } from './linux/sockets.ts';
import { readListeners } from './listeners.ts';
import { runCommand } from './run.ts';

/** Counters and ages, which traffic changes and nobody decides. */
const PASSING = /"(?:packets|bytes|expires|used)":\s*\d+|\[\d+:\d+\]|^#.*$/gm;
/** Where managers keep what they would load: the time of a change is enough. */
const FOLDERS = [
  ...['/etc/ufw', '/etc/ufw/user.rules', '/etc/ufw/user6.rules', '/etc/ufw/ufw.conf'],
  ...['/etc/firewalld', '/etc/firewalld/zones', '/etc/nftables.conf', '/etc/iptables'],
];

/**
 * Tells states of this host's listeners, addresses and firewall apart, for a hundredth of what an audit
 * takes.
 */
export class Fingerprints {
  readonly #passing = new PassingSockets();

  /** The same text, the same state. Never throws: what cannot be read is part of the state. */
  async read(): Promise<string> {
    const hash = createHash('sha256');
    const parts =
      process.platform === 'linux' ? await linuxParts(this.#passing) : await otherParts();
    for (const part of [...parts, addresses()]) hash.update(part).update('\0');
    return hash.digest('hex');
  }
}

/**
 * UDP sockets on ports that the kernel gives to clients. A resolver opens one for each question, and
 * they look like listeners: one counts from the second look that it is there.
 */
class PassingSockets {
  /** Null before the first look, at which all count. */
  #before: ReadonlySet<string> | null = null;

  /** Those that count. */
  lasting(sockets: readonly InetSocket[]): readonly string[] {
    const [first, last] = clientPorts();
    const keyed = sockets.map((socket) => {
      const { transport, local, port, device, inode } = socket;
      const mayPass = transport === 'udp' && port >= first && port <= last;
      return { key: [transport, local, port, device, inode].join(), mayPass };
    });
    const before = this.#before;
    this.#before = new Set(keyed.flatMap(({ key, mayPass }) => (mayPass ? [key] : [])));
    return keyed
      .filter(({ key, mayPass }) => !mayPass || before === null || before.has(key))
      .map(({ key }) => key);
  }
}

/** ip_local_port_range of ip(7); what is usual where it cannot be read. */
function clientPorts(): readonly [number, number] {
  const text = readText('/proc/sys/net/ipv4/ip_local_port_range') ?? '';
  const [, first = '32768', last = '60999'] = /^(\d+)\s+(\d+)/.exec(text) ?? [];
  return [Number(first), Number(last)];
}

async function linuxParts(passing: PassingSockets): Promise<readonly string[]> {
  const [sockets, nft, ...legacy] = await Promise.all([
    ownSockets(passing),
    output('nft', ['-j', 'list', 'ruleset']),
    ...['ip_tables_names', 'ip6_tables_names'].map(legacyRules),
  ]);
  return [sockets, nft, ...legacy, ...FOLDERS.map(changedAt)];
}

async function ownSockets(passing: PassingSockets): Promise<string> {
  const list = await readSockets({ file: null, procNet: '/proc/self/net' }, 'listening');
  if (typeof list === 'string') return list;
  return passing.lasting(list.sockets).toSorted().join('\n');
}

/** The old back end has rules only where the kernel names tables of it. */
async function legacyRules(names: string): Promise<string> {
  if ((readText(`/proc/self/net/${names}`) ?? '') === '') return '';
  return output(names.startsWith('ip6') ? 'ip6tables-legacy-save' : 'iptables-legacy-save', []);
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const result = await runCommand({ program, args });
  return result.state === 'ok' ? result.stdout.replace(PASSING, '') : result.problem;
}

function changedAt(path: string): string {
  try {
    return String(statSync(path).mtimeMs);
  } catch {
    return '';
  }
}

/** Where the system has no cheap way to ask. */
async function otherParts(): Promise<readonly string[]> {
  const [{ listeners, unseen }, { layers }] = await Promise.all([readListeners(), readFirewalls()]);
  return [listeners.map(listenerKey).sort().join('\n'), unseen.join(), JSON.stringify(layers)];
}

function addresses(): string {
  const all = Object.entries(networkInterfaces());
  return all.flatMap(([name, own = []]) => own.map(({ cidr }) => `${name} ${cidr}`)).join('\n');
}

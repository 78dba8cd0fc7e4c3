import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { listenerKey } from '../model/listener.ts';
import { readFirewalls } from './firewall.ts';
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
 * takes: the same text, the same state. Never throws: what cannot be read is part of the state.
 */
export async function readFingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const parts = process.platform === 'linux' ? await linuxParts() : await otherParts();
  for (const part of [...parts, addresses()]) hash.update(part).update('\0');
  return hash.digest('hex');
}

async function linuxParts(): Promise<readonly string[]> {
  const [sockets, nft, ...legacy] = await Promise.all([
    ownSockets(),
    output('nft', ['-j', 'list', 'ruleset']),
    ...['ip_tables_names', 'ip6_tables_names'].map(legacyRules),
  ]);
  return [sockets, nft, ...legacy, ...FOLDERS.map(changedAt)];
}

async function ownSockets(): Promise<string> {
  const list = await readSockets({ file: null, procNet: '/proc/self/net' }, 'listening');
  if (typeof list === 'string') return list;
  return list.sockets
    .map(({ transport, local, port, device, inode }) =>
      [transport, local, port, device, inode].join(),
    )
    .sort()
    .join('\n');
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

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FirewallFacts } from '../firewall/facts.ts';
import type { Source } from '../firewall/kind.ts';
import { ownedByIptables } from '../firewall/kinds/nftables/owned.ts';
import { KINDS } from '../firewall/kinds.ts';
import type { KindName, Layer, Step, Table } from '../firewall/layer.ts';
import { messageOf, PosternError, problem } from '../model/errors.ts';
import { readText } from './linux/proc-files.ts';
import { findProgram, runCommand } from './run.ts';

export interface FirewallLook {
  /** A layer that could not be read is there with no rules and its reason in `unread`. */
  readonly layers: readonly Layer[];
  readonly facts: FirewallFacts;
  /** FIREWALL_READ and FIREWALL_SYNTAX: what could not be read or understood. */
  readonly problems: readonly PosternError[];
}

/** A layer's texts, or why there are none. */
interface Reading {
  readonly kind: KindName;
  readonly role: Layer['role'];
  readonly sources: readonly Source[];
  readonly failed: readonly { readonly origin: string; readonly problem: string }[];
}

const PROGRAMS = ['nft', 'iptables', 'ufw', 'firewall-cmd'];
const UFW_CONFIG = '/etc/ufw/ufw.conf';
const FIREWALLD_FOLDERS = ['/etc/firewalld', '/usr/lib/firewalld'];
const FIREWALLD_PARTS = ['zones', 'policies', 'services', 'ipsets', ''];

/** Every firewall layer of this Linux host and network namespace. Never throws. */
export async function readFirewalls(): Promise<FirewallLook> {
  const asked = [
    live('nftables', [['nft', '-j', 'list', 'ruleset']]),
    live('iptables', [['iptables-legacy-save'], ['ip6tables-legacy-save']]),
    live('iptables', [['iptables-nft-save'], ['ip6tables-nft-save']]),
  ];
  const facts = await readFacts();
  const readings = await Promise.all([
    ...asked,
    facts.ufw === 'enabled' ? ufw() : null,
    facts.firewalld === 'running' ? firewalld() : null,
  ]);
  const problems: PosternError[] = [];
  const layers = readings.flatMap((reading) => {
    if (reading === null || (reading.sources.length === 0 && reading.failed.length === 0))
      return [];
    return [toLayer(reading, problems)];
  });
  return { layers: withoutTwins(layers), facts, problems };
}

async function readFacts(): Promise<FirewallFacts> {
  const [state, ...found] = await Promise.all([firewalldState(), ...PROGRAMS.map(findProgram)]);
  const programs = PROGRAMS.filter((_, at) => found[at] !== null);
  return { ufw: ufwState(programs), firewalld: state, programs };
}

function ufwState(programs: readonly string[]): FirewallFacts['ufw'] {
  if (!programs.includes('ufw')) return 'absent';
  const text = readText(UFW_CONFIG);
  if (text === null) return existsSync(UFW_CONFIG) ? 'unknown' : 'disabled';
  return /^\s*ENABLED\s*=\s*["']?yes/im.test(text) ? 'enabled' : 'disabled';
}

/** How firewall-cmd(1) says that there is no daemon, or no bus that one could be on. */
const NOT_RUNNING =
  /not running|Failed to connect to socket .*: (?:No such file|Connection refused)/;

async function firewalldState(): Promise<FirewallFacts['firewalld']> {
  const result = await runCommand({ program: 'firewall-cmd', args: ['--state'] });
  if (result.state === 'ok') return 'running';
  if (result.state === 'absent') return 'absent';
  return NOT_RUNNING.test(result.problem) ? 'stopped' : 'unknown';
}

async function live(kind: KindName, commands: readonly string[][]): Promise<Reading> {
  const sources: Source[] = [];
  const failed: { origin: string; problem: string }[] = [];
  for (const [program = '', ...args] of commands) {
    const origin = [program, ...args].join(' ');
    const result = await runCommand({ program, args });
    if (result.state === 'ok' && result.stdout.trim() !== '') {
      sources.push({ origin, text: result.stdout });
    }
    if (result.state === 'denied' || result.state === 'failed') {
      failed.push({ origin, problem: result.problem });
    }
  }
  return { kind, role: 'live', sources, failed };
}

async function ufw(): Promise<Reading> {
  const rules = await filesIn('/etc/ufw', /\.(?:rules|conf)$/);
  const paths = ['/etc/default/ufw', ...rules.filter((path) => !path.endsWith('sysctl.conf'))];
  return readFiles('ufw', paths);
}

async function firewalld(): Promise<Reading> {
  const folders = FIREWALLD_FOLDERS.flatMap((folder) =>
    FIREWALLD_PARTS.map((part) => join(folder, part)),
  );
  const paths = await Promise.all(folders.map((folder) => filesIn(folder, /\.(?:xml|conf)$/)));
  const files = readFiles('firewalld', paths.flat());
  const args = ['--list-all-zones'];
  const listing = await runCommand({ program: 'firewall-cmd', args });
  if (listing.state !== 'ok') return files;
  const now = { origin: 'firewall-cmd --list-all-zones', text: listing.stdout };
  return { ...files, sources: [now, ...files.sources] };
}

async function filesIn(folder: string, ending: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => ending.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function readFiles(kind: KindName, paths: readonly string[]): Reading {
  const sources: Source[] = [];
  const failed: { origin: string; problem: string }[] = [];
  for (const origin of paths) {
    const text = readText(origin);
    if (text === null) failed.push({ origin, problem: 'it cannot be read' });
    else sources.push({ origin, text });
  }
  return { kind, role: 'saved', sources, failed };
}

function toLayer({ kind, role, sources, failed }: Reading, problems: PosternError[]): Layer {
  for (const { origin, problem: why } of failed) {
    problems.push(problem('FIREWALL_READ', { origin, problem: why, kind }));
  }
  const unread = failed.map(({ origin, problem: why }) => `${origin}: ${why}`);
  const empty: Layer = { kind, origin: failed[0]?.origin ?? kind, role, tables: [], unread };
  if (sources.length === 0) return empty;
  const reader = KINDS.find(({ name }) => name === kind);
  if (reader === undefined) return { ...empty, unread: [...unread, `${kind}: cannot be read yet`] };
  try {
    const layer = reader.read(sources, role);
    return { ...layer, unread: [...layer.unread, ...unread] };
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    problems.push(error);
    return { ...empty, unread: [...unread, messageOf(error)] };
  }
}

/**
 * Tables of iptables-nft are told by nft as well, with matches that its JSON leaves empty: of each
 * pair the one that is better understood is kept, iptables' where both are.
 */
function withoutTwins(layers: readonly Layer[]): Layer[] {
  const nft = layers.find(({ kind, role }) => kind === 'nftables' && role === 'live');
  const ours = layers.find(({ origin }) => origin.includes('tables-nft-save'));
  if (nft === undefined || ours === undefined) return [...layers];
  const isBetter = (table: Table, twin: Table) =>
    ownedByIptables(twin) && opaqueSteps(table) <= opaqueSteps(twin);
  return layers.map((layer) => {
    const other = layer === ours ? nft : layer === nft ? ours : undefined;
    if (other === undefined) return layer;
    const tables = layer.tables.filter((table) => {
      const twin = twinOf(table, other);
      if (twin === undefined) return true;
      return layer === ours ? isBetter(table, twin) : !isBetter(twin, table);
    });
    return { ...layer, tables };
  });
}

function twinOf(table: Table, { tables }: Layer): Table | undefined {
  return tables.find(({ name, family }) => name === table.name && family === table.family);
}

function opaqueSteps({ chains }: Table): number {
  const steps = chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.steps));
  return steps.filter(isOpaque).length;
}

function isOpaque(step: Step): boolean {
  return 'do' in step ? step.do === 'opaque' : step.test === 'opaque';
}

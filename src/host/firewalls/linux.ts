import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FirewallFacts } from '../../firewall/facts.ts';
import { savedListing } from '../../firewall/kinds/firewalld/listing.ts';
import type { Layer } from '../../firewall/layer.ts';
import type { PosternError } from '../../model/errors.ts';
import { readText } from '../linux/proc-files.ts';
import { findProgram, runCommand } from '../run.ts';
import { filesIn, fromCommands, fromFiles, type Reading, toLayer } from './reading.ts';
import { savedIptables, savedNftables } from './saved.ts';
import { withoutTwins } from './twins.ts';
import { withoutLegacy, withoutNft } from './without-tools.ts';

const PROGRAMS = ['nft', 'iptables', 'ufw', 'firewall-cmd'];
const UFW_CONFIG = '/etc/ufw/ufw.conf';
const FIREWALLD_FOLDERS = ['/etc/firewalld', '/usr/lib/firewalld'];
const FIREWALLD_PARTS = ['zones', 'policies', 'services', 'ipsets', ''];
/** Of one that is stopped: what names it is enough, and its services are 250 files. */
const STOPPED_PARTS = ['zones', ''];

const KERNEL: Layer = {
  ...{ kind: 'nftables', origin: 'the kernel', role: 'live' },
  ...{ tables: [], unread: [] },
};

/** How firewall-cmd(1) says that there is no daemon, or no bus that one could be on. */
const NOT_RUNNING =
  /not running|Failed to connect to socket .*: (?:No such file|Connection refused)/;

/** Who manages the rules of this host, and every layer of this network namespace. */
export async function readLinux(
  problems: PosternError[],
): Promise<{ readonly facts: FirewallFacts; readonly layers: readonly Layer[] }> {
  const found = await Promise.all(PROGRAMS.map(findProgram));
  const programs = PROGRAMS.filter((_, at) => found[at] !== null);
  // firewall-cmd starts Python: the kernel is asked meanwhile
  const [kernel, { facts, saved }] = await Promise.all([
    kernelLayers(programs, problems),
    readSaved(programs),
  ]);
  return { facts, layers: [...kernel, ...layersOf(saved, problems)] };
}

async function readSaved(programs: readonly string[]) {
  const firewalld = await firewalldState(programs);
  const facts: FirewallFacts = { ufw: ufwState(programs), firewalld, programs };
  return { facts, saved: await savedReadings(facts) };
}

function ufwState(programs: readonly string[]): FirewallFacts['ufw'] {
  if (!programs.includes('ufw')) return 'absent';
  const text = readText(UFW_CONFIG);
  if (text === null) return existsSync(UFW_CONFIG) ? 'unknown' : 'disabled';
  return /^\s*ENABLED\s*=\s*["']?yes/im.test(text) ? 'enabled' : 'disabled';
}

async function firewalldState(programs: readonly string[]): Promise<FirewallFacts['firewalld']> {
  if (!programs.includes('firewall-cmd')) return 'absent';
  const result = await runCommand({ program: 'firewall-cmd', args: ['--state'] });
  if (result.state === 'ok') return 'running';
  if (result.state === 'absent') return 'absent';
  return NOT_RUNNING.test(result.problem) ? 'stopped' : 'unknown';
}

function layersOf(readings: readonly (Reading | null)[], problems: PosternError[]): Layer[] {
  return readings.flatMap((reading) => (reading && toLayer(reading, problems)) ?? []);
}

async function kernelLayers(
  programs: readonly string[],
  problems: PosternError[],
): Promise<readonly Layer[]> {
  const [nft, { translated, legacy }] = await Promise.all([
    programs.includes('nft') ? fromCommands('nftables', [['nft', '-j', 'list', 'ruleset']]) : null,
    iptables(),
  ]);
  // Old versions end with an error where nft's rules are none of iptables': nft has told all.
  const isTold = nft !== null && nft.failed.length === 0;
  const [ours] = layersOf([isTold ? { ...translated, failed: [] } : translated], problems);
  const [theirs = KERNEL] = layersOf([nft ?? (await withoutNft(ours ? [ours] : []))], problems);
  const live = ours === undefined ? [theirs] : withoutTwins(theirs, ours);
  return [...live, ...layersOf([legacy], problems)];
}

/** The rules of both back ends; a host may have the programs of one only, under the plain name. */
async function iptables(): Promise<{ readonly translated: Reading; readonly legacy: Reading }> {
  const names = ['iptables-nft-save', 'iptables-legacy-save'];
  const [nft, legacy] = await Promise.all(names.map(findProgram));
  const plain = nft === null && legacy === null ? await plainBackEnd() : null;
  const [translated, old] = await Promise.all([
    fromCommands('iptables', plain === 'nft' ? savesOf('') : savesOf('-nft')),
    fromCommands('iptables', plain === 'legacy' ? savesOf('') : savesOf('-legacy')),
  ]);
  return { translated, legacy: legacy === null && plain !== 'legacy' ? withoutLegacy() : old };
}

function savesOf(backEnd: string): readonly (readonly string[])[] {
  return [[`iptables${backEnd}-save`], [`ip6tables${backEnd}-save`]];
}

/** Versions before 1.8 know no other back end, and name none. */
async function plainBackEnd(): Promise<'nft' | 'legacy' | null> {
  const result = await runCommand({ program: 'iptables-save', args: ['--version'] });
  if (result.state === 'absent') return null;
  return result.state === 'ok' && result.stdout.includes('nf_tables') ? 'nft' : 'legacy';
}

/** A manager's files; where none is in charge, those that are loaded at the start. */
async function savedReadings({ ufw, firewalld }: FirewallFacts): Promise<(Reading | null)[]> {
  const isManaged = ufw === 'enabled' || firewalld === 'running';
  const isUnclear = ufw === 'unknown' || firewalld === 'unknown';
  const running = firewalld === 'running' ? await runningFirewalld() : [];
  const others = await Promise.all([
    ufw === 'enabled' ? readUfw() : null,
    ufw === 'disabled' ? readUfw().then(switchedOff) : null,
    firewalld === 'stopped' ? firewalldFiles(STOPPED_PARTS).then(switchedOff) : null,
    ...(isManaged || isUnclear ? [] : [savedNftables(), savedIptables()]),
  ]);
  return [...running, ...others];
}

async function readUfw(): Promise<Reading> {
  const rules = await filesIn('/etc/ufw', /\.(?:rules|conf)$/);
  const paths = ['/etc/default/ufw', ...rules.filter((path) => !path.endsWith('sysctl.conf'))];
  return fromFiles('ufw', paths);
}

async function firewalldFiles(parts = FIREWALLD_PARTS): Promise<Reading> {
  const folders = FIREWALLD_FOLDERS.flatMap((folder) => parts.map((part) => join(folder, part)));
  const paths = await Promise.all(folders.map((folder) => filesIn(folder, /\.(?:xml|conf)$/)));
  return fromFiles('firewalld', paths.flat());
}

/** What of it cannot be read changes no answer. */
function switchedOff(reading: Reading): Reading {
  return { ...reading, failed: [], off: true };
}

/**
 * What it does now, by which changes are made; and what it would load again where that differs: rules
 * that were added without `--permanent` are live, and not in it.
 */
async function runningFirewalld(): Promise<readonly Reading[]> {
  const files = await firewalldFiles();
  const [now, permanent] = await Promise.all([
    runCommand({ program: 'firewall-cmd', args: ['--list-all-zones'] }),
    runCommand({ program: 'firewall-cmd', args: ['--permanent', '--list-all-zones'] }),
  ]);
  if (now.state !== 'ok') return [files];
  const withListing = (origin: string, text: string): Reading => ({
    ...files,
    sources: [{ origin, text }, ...files.sources],
  });
  const current = withListing('firewall-cmd --list-all-zones', now.stdout);
  if (permanent.state !== 'ok') return [current];
  const saved = savedListing(permanent.stdout, now.stdout);
  if (withoutMarks(saved) === withoutMarks(now.stdout)) return [current];
  return [current, withListing('firewall-cmd --permanent --list-all-zones', saved)];
}

/** Listings without the words behind names of zones: `public (default, active)`. */
function withoutMarks(listing: string): string {
  return listing.replaceAll(/ \([a-z, ]+\)$/gm, '');
}

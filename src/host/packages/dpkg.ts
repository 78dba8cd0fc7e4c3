import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OwningPackage } from '../../model/listener.ts';
import { readRegularFile } from '../regular-file.ts';

const FOLDER = 'var/lib/dpkg';
/** Debian has 64,000 packages; nobody installs a third of them. */
const MAX_LISTS = 20_000;
/** Where no package puts anything: no need to read all lists to learn that. */
const UNPACKAGED = /^\/(?:home|root|tmp|snap|nix)\//;
/** Folders that are links since the merge of / and /usr, where packages still name the old place. */
const MERGED = /^\/usr(\/(?:bin|sbin|lib|lib32|lib64|libx32)\/)/;

/** Where to look for an executable in the lists of files, and which packages cannot have it. */
interface Search {
  readonly executable: string;
  readonly only?: string;
  readonly except?: string;
}

/** A file that dpkg-divert(1) moved away for one package, or by hand (no package). */
interface Diversion {
  readonly from: string;
  readonly to: string;
  readonly by: string | null;
}

/**
 * Which packages own these executables, from dpkg's own database below `root` (dpkg(1), FILES):
 * usrmerge and diversions are taken into account. Empty where there is no dpkg.
 */
export function findDpkgOwners(
  root: string,
  executables: readonly string[],
): Map<string, OwningPackage> {
  const lists = listFiles(`${root}/${FOLDER}/info`);
  const packaged = executables.filter((path) => !UNPACKAGED.test(path));
  const searches = planSearches(packaged, readDiversions(textOf(root, 'diversions')));
  const owners = new Map<string, string>();
  const pattern = linePattern([...searches.keys()]);
  if (lists.length === 0 || pattern === null) return new Map();
  for (const list of lists) {
    const name = list.slice(0, -'.list'.length);
    for (const [line] of textOf(root, join('info', list)).matchAll(pattern)) {
      for (const search of searches.get(line) ?? []) {
        if (mayOwn(name, search)) owners.set(search.executable, name);
      }
    }
    if (owners.size === packaged.length) break;
  }
  return withVersions(owners, textOf(root, 'status'));
}

function listFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.list'));
    return names.slice(0, MAX_LISTS);
  } catch {
    return [];
  }
}

/** Empty when there is none. */
function textOf(root: string, name: string): string {
  return readRegularFile(root, join(FOLDER, name)) ?? '';
}

/** Reads /var/lib/dpkg/diversions: three lines each, a colon for a diversion by hand. */
export function readDiversions(text: string): Diversion[] {
  const lines = text.split('\n');
  const diversions: Diversion[] = [];
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [from = '', to = '', by = ''] = lines.slice(at, at + 3);
    diversions.push({ from, to, by: by === ':' ? null : by });
  }
  return diversions;
}

function planSearches(
  executables: readonly string[],
  diversions: readonly Diversion[],
): Map<string, Search[]> {
  const searches = new Map<string, Search[]>();
  for (const executable of executables) {
    for (const place of placesOf(executable)) {
      const { path, ...search } = whereListed(place, diversions);
      searches.set(path, [...(searches.get(path) ?? []), { executable, ...search }]);
    }
  }
  return searches;
}

function placesOf(path: string): string[] {
  const old = path.replace(MERGED, '$1');
  return old === path ? [path] : [path, old];
}

/** The list of a package names the place from before the diversion. */
function whereListed(
  path: string,
  diversions: readonly Diversion[],
): Omit<Search, 'executable'> & { path: string } {
  const moved = diversions.find(({ to }) => to === path);
  if (moved !== undefined) {
    return { path: moved.from, ...(moved.by === null ? {} : { except: moved.by }) };
  }
  const replaced = diversions.find(({ from }) => from === path);
  // what lies in the place of a diverted file belongs to who diverted it
  return replaced === undefined ? { path } : { path, only: replaced.by ?? '' };
}

function mayOwn(list: string, { only, except }: Search): boolean {
  const name = packageName(list);
  return name !== except && (only === undefined || name === only);
}

/** Lists of packages that can be installed for several architectures are named `NAME:ARCHITECTURE`. */
function packageName(list: string): string {
  return list.split(':', 1)[0] ?? list;
}

function linePattern(lines: readonly string[]): RegExp | null {
  if (lines.length === 0) return null;
  const escaped = lines.map((line) => line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^(?:${escaped.join('|')})$`, 'gm');
}

function withVersions(
  owners: ReadonlyMap<string, string>,
  status: string,
): Map<string, OwningPackage> {
  const versions = readVersions(status, new Set(owners.values()));
  const packages = new Map<string, OwningPackage>();
  for (const [executable, list] of owners) {
    const version = versions.get(list);
    if (version === undefined) continue;
    packages.set(executable, { manager: 'dpkg', name: packageName(list), version });
  }
  return packages;
}

/** Reads the versions of packages, named as their lists are, from /var/lib/dpkg/status (deb822(5)). */
export function readVersions(text: string, wanted: ReadonlySet<string>): Map<string, string> {
  const versions = new Map<string, string>();
  const names = new Set([...wanted].map(packageName));
  for (const paragraph of text.split(/\n\n+/)) {
    const name = fieldOf(paragraph, 'Package');
    if (name === undefined || !names.has(name)) continue;
    const full = `${name}:${fieldOf(paragraph, 'Architecture') ?? ''}`;
    const version = fieldOf(paragraph, 'Version');
    if (version === undefined) continue;
    if (wanted.has(full)) versions.set(full, version);
    if (wanted.has(name) && !versions.has(name)) versions.set(name, version);
  }
  return versions;
}

function fieldOf(paragraph: string, name: string): string | undefined {
  const start = paragraph.startsWith(`${name}: `) ? 0 : paragraph.indexOf(`\n${name}: `);
  if (start === -1) return undefined;
  const from = paragraph.indexOf(': ', start) + 2;
  const end = paragraph.indexOf('\n', from);
  return paragraph.slice(from, end === -1 ? undefined : end).trim();
}

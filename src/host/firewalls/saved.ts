import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { Source } from '../../firewall/kind.ts';
import { readText } from '../linux/proc-files.ts';
import { filesIn, fromFiles, type Reading } from './reading.ts';

/** What nftables.service loads: of Debian and Arch, of Fedora, of Alpine. */
const NFTABLES = ['/etc/nftables.conf', '/etc/sysconfig/nftables.conf', '/etc/nftables.nft'];
/** What loads iptables rules at the start: netfilter-persistent, iptables-services, Arch, Alpine. */
const IPTABLES = [
  ['/etc/iptables/rules.v4', '/etc/iptables/rules.v6'],
  ['/etc/sysconfig/iptables', '/etc/sysconfig/ip6tables'],
  ['/etc/iptables/iptables.rules', '/etc/iptables/ip6tables.rules'],
  ['/etc/iptables/rules-save', '/etc/iptables/rules6-save'],
];
/** Files that one ruleset may include before it is told as not read whole. */
const MOST_INCLUDED = 500;
const INCLUDE = /^[ \t]*include[ \t]+(?:"([^"\n]+)"|'([^'\n]+)')/gm;

/** The file that nftables.service loads, with all that it includes; null when there is none. */
export async function savedNftables(): Promise<Reading | null> {
  const main = NFTABLES.find((path) => existsSync(path));
  if (main === undefined) return null;
  const reading = fromFiles('nftables', [main]);
  const found = new Map(reading.sources.map((source) => [source.origin, source]));
  for (const source of found.values()) {
    for (const path of await includedBy(source)) {
      const text = found.has(path) || found.size > MOST_INCLUDED ? null : readText(path);
      if (text !== null) found.set(path, { origin: path, text });
    }
  }
  return { ...reading, sources: [...found.values()] };
}

/** Paths of `include` lines; what cannot be found is said by the reader, which misses it. */
async function includedBy({ origin, text }: Source): Promise<readonly string[]> {
  const wanted = [...text.matchAll(INCLUDE)].map(([, quoted, single]) => quoted ?? single ?? '');
  const paths = wanted.map((path) => (isAbsolute(path) ? path : join(dirname(origin), path)));
  const found = await Promise.all(paths.map(matching));
  return found.flat();
}

/** nft(8): a wildcard stands in the file's name; those that begin with a dot are left out. */
async function matching(path: string): Promise<readonly string[]> {
  if (!path.includes('*')) return [path];
  const [name = ''] = path.split('/').slice(-1);
  const pattern = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return filesIn(dirname(path), new RegExp(`^(?!\\.)${pattern}$`));
}

/** The files of iptables rules that are loaded at the start; null when there are none. */
export function savedIptables(): Reading | null {
  const places = IPTABLES.map((paths) => paths.filter((path) => existsSync(path)));
  const paths = places.find((some) => some.length > 0);
  return paths === undefined ? null : fromFiles('iptables', paths);
}

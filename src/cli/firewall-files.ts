import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Kind, Source } from '../firewall/kind.ts';
import { KINDS, kindNamed } from '../firewall/kinds.ts';
import type { KindName, Layer } from '../firewall/layer.ts';
import { messageOf, problem } from '../model/errors.ts';

/** Files of one folder, and bytes of one firewall, that are read at most. */
const MAX_FILES = 2_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** Kinds that stand before a host. */
const CENTRAL: ReadonlySet<KindName> = new Set(['aws', 'opnsense', 'cisco', 'pf']);

/** Where a manager's package keeps the rest of what stands in its folder of /etc, seen from there. */
const COMPANIONS: Readonly<Record<string, string>> = {
  ufw: '../default/ufw',
  firewalld: '../../usr/lib/firewalld',
};

/** What belongs to a folder besides what is in it; nothing where it is not there or may not be read. */
async function companionsOf(path: string): Promise<readonly string[]> {
  const folder = resolve(path);
  const beside = COMPANIONS[basename(folder)];
  if (beside === undefined || basename(dirname(folder)) !== 'etc') return [];
  return filesOf(resolve(folder, beside)).catch(() => []);
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path);
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .slice(0, MAX_FILES);
}

async function sourcesOf(path: string): Promise<readonly Source[]> {
  try {
    const sources: Source[] = [];
    let bytes = 0;
    for (const origin of [...(await filesOf(path)), ...(await companionsOf(path))]) {
      bytes += (await stat(origin)).size;
      if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES / 1024 / 1024} MB`);
      sources.push({ origin, text: await readFile(origin, 'utf8') });
    }
    return sources;
  } catch (error) {
    throw problem('FIREWALL_FILE', { value: path, problem: messageOf(error) }, error);
  }
}

interface Guess {
  readonly kind: Kind;
  readonly sources: readonly Source[];
}

/** Knows every file that the other knows, and more: a manager's folder holds texts of what it manages. */
function knowsMore(one: Guess, other: Guess): boolean {
  const known = new Set(one.sources);
  return (
    one.sources.length > other.sources.length && other.sources.every((source) => known.has(source))
  );
}

function guess(path: string, sources: readonly Source[]): Guess {
  const candidates = KINDS.map((kind) => ({
    kind,
    sources: sources.filter((source) => kind.recognizes(source)),
  })).filter((candidate) => candidate.sources.length > 0);
  const likely = candidates.filter((one) => !candidates.some((other) => knowsMore(other, one)));
  const [only, ...more] = likely;
  if (only !== undefined && more.length === 0) return only;
  const found = candidates.map(({ kind }) => kind.name).join(' or ');
  throw problem('FIREWALL_KIND', {
    value: path,
    problem: found === '' ? 'it looks like none' : `it may be ${found}`,
  });
}

/** Of a folder what is of that kind: managers keep other things there too. */
function named(kind: Kind, sources: readonly Source[]): Guess {
  const own = sources.length > 1 ? sources.filter((source) => kind.recognizes(source)) : sources;
  return { kind, sources: own.length === 0 ? sources : own };
}

/**
 * Reads one firewall from its file, or from all files of a folder. Throws FIREWALL_FILE,
 * FIREWALL_KIND or FIREWALL_SYNTAX.
 */
export async function readFirewallFile(path: string, name?: KindName): Promise<Layer> {
  const sources = await sourcesOf(path);
  const chosen = name === undefined ? guess(path, sources) : named(kindNamed(name), sources);
  const role = CENTRAL.has(chosen.kind.name) ? 'central' : 'saved';
  return chosen.kind.read(chosen.sources, role);
}

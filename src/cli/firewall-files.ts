import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kind, Source } from '../firewall/kind.ts';
import { KINDS, kindNamed } from '../firewall/kinds.ts';
import type { KindName, Layer } from '../firewall/layer.ts';
import { messageOf, problem } from '../model/errors.ts';

/** Files of one folder, and bytes of one firewall, that are read at most. */
const MAX_FILES = 2_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** Kinds that stand before a host. */
const CENTRAL: ReadonlySet<KindName> = new Set(['aws', 'opnsense', 'cisco', 'pf']);

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
    for (const origin of await filesOf(path)) {
      bytes += (await stat(origin)).size;
      if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES / 1024 / 1024} MB`);
      sources.push({ origin, text: await readFile(origin, 'utf8') });
    }
    return sources;
  } catch (error) {
    throw problem('FIREWALL_FILE', { value: path, problem: messageOf(error) }, error);
  }
}

function guess(
  path: string,
  sources: readonly Source[],
): { kind: Kind; sources: readonly Source[] } {
  const candidates = KINDS.map((kind) => ({
    kind,
    sources: sources.filter((source) => kind.recognizes(source)),
  })).filter((candidate) => candidate.sources.length > 0);
  const [only, ...more] = candidates;
  if (only !== undefined && more.length === 0) return only;
  const found = candidates.map(({ kind }) => kind.name).join(' or ');
  throw problem('FIREWALL_KIND', {
    value: path,
    problem: found === '' ? 'it looks like none' : `it may be ${found}`,
  });
}

/**
 * Reads one firewall from its file, or from all files of a folder. Throws FIREWALL_FILE,
 * FIREWALL_KIND or FIREWALL_SYNTAX.
 */
export async function readFirewallFile(path: string, name?: KindName): Promise<Layer> {
  const sources = await sourcesOf(path);
  const chosen = name === undefined ? guess(path, sources) : { kind: kindNamed(name), sources };
  const role = CENTRAL.has(chosen.kind.name) ? 'central' : 'saved';
  return chosen.kind.read(chosen.sources, role);
}

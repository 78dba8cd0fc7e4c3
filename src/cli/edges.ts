import { readFile } from 'node:fs/promises';
import type { EdgeFile, EdgeList } from '../model/edge-list.ts';
import { messageOf, problem } from '../model/errors.ts';

const SHIPPED = new URL('../../data/edges.json', import.meta.url);

/** The lists that come with Postern, and those of `file`: one of the same provider takes its place. */
export async function chooseEdges(file: string | undefined): Promise<readonly EdgeList[]> {
  const shipped = await shippedEdges();
  if (file === undefined) return shipped;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw problem('EDGES_FILE', { value: file, problem: messageOf(error) }, error);
  });
  // its schema and the reader take megabytes, which a scan without the option saves
  const { loadEdges } = await import('../contract/edges.ts');
  const own = loadEdges(text, file);
  const named = new Set(own.map(({ provider }) => provider.toLowerCase()));
  return [...own, ...shipped.filter(({ provider }) => !named.has(provider.toLowerCase()))];
}

/** Not checked each time: a test holds the file to its schema. */
export async function shippedEdges(): Promise<readonly EdgeList[]> {
  const file: EdgeFile = JSON.parse(await readFile(SHIPPED, 'utf8'));
  return file.providers;
}

import { readFile, stat } from 'node:fs/promises';
import { Reader, type Response } from 'maxmind';
import { addressText } from '../firewall/cidrs.ts';
import type { Family } from '../firewall/layer.ts';
import { messageOf, problem } from '../model/errors.ts';
import type { Network } from '../model/network.ts';

const MAX_FILE_BYTES = 1024 * 2 ** 20;
/** Bytes of zeroes between the search tree and the data (MaxMind DB 2.0, "Data Section Separator"). */
const SEPARATOR_BYTES = 16;
/** IPv4 addresses are the last 32 bits of an IPv6 tree. */
const V4_DEPTH = 96;
/** A tree that names a node more often than this in the mean is none: writers share no branches. */
const VISITS_PER_NODE = 4;

/**
 * All networks of these countries (ISO 3166 codes in capitals) out of a MaxMind-format country or
 * city database (https://maxmind.github.io/MaxMind-DB/), both families, lowest first. Throws
 * GEOIP_FILE, or GEOIP_COUNTRY for a country of which it has none.
 */
export async function countryNetworks(
  path: string,
  countries: readonly string[],
): Promise<Network[]> {
  const bytes = await readWhole(path);
  const wanted = new Set(countries);
  const found = new Map<string, Network[]>(countries.map((code) => [code, []]));
  try {
    for (const { network, code } of networksOf(bytes)) {
      if (code !== null && wanted.has(code)) found.get(code)?.push(network);
    }
  } catch (error) {
    throw problem('GEOIP_FILE', { value: path, problem: messageOf(error) }, error);
  }
  for (const [country, networks] of found) {
    if (networks.length === 0) throw problem('GEOIP_COUNTRY', { value: path, country });
  }
  return [...found.values()].flat().sort(inOrder);
}

function inOrder(a: Network, b: Network): number {
  if (a.family !== b.family) return a.family - b.family;
  return a.first < b.first ? -1 : 1;
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new Error('it is larger than 1 GiB');
    return await readFile(path);
  } catch (error) {
    throw problem('GEOIP_FILE', { value: path, problem: messageOf(error) }, error);
  }
}

type Metadata = Reader<Response>['metadata'];

interface Tree {
  readonly metadata: Metadata;
  /** The record of a node for a 0 bit or a 1 bit. */
  readonly child: (node: number, bit: 0 | 1) => number;
}

function* networksOf(bytes: Buffer): Generator<{ network: Network; code: string | null }> {
  const reader = new Reader<Response>(bytes);
  const tree = treeOf(reader.metadata, bytes);
  const codes = new Map<number, string | null>();
  for (const { network, record } of leavesOf(tree)) {
    let code = codes.get(record);
    if (code === undefined) {
      // the library decodes what lies at a record; it is asked once for each
      code = countryOf(reader.get(addressText(network.family, network.first)));
      codes.set(record, code);
    }
    yield { network, code };
  }
}

function treeOf(metadata: Metadata, bytes: Buffer): Tree {
  const { nodeCount, nodeByteSize, recordSize, ipVersion } = metadata;
  if (ipVersion !== 4 && ipVersion !== 6) throw new Error(`its IP version is ${ipVersion}`);
  if (!Number.isSafeInteger(nodeCount) || nodeCount < 1) throw new Error('it has no search tree');
  if (nodeCount * nodeByteSize + SEPARATOR_BYTES > bytes.length) throw new Error('it is cut short');
  const child = (node: number, bit: 0 | 1): number => {
    const at = node * nodeByteSize;
    if (recordSize === 24) return bytes.readUIntBE(at + 3 * bit, 3);
    if (recordSize === 32) return bytes.readUInt32BE(at + 4 * bit);
    // 28 bits: the middle byte holds the high four of each
    const middle = bytes.readUInt8(at + 3);
    const high = bit === 0 ? middle >> 4 : middle & 0x0f;
    return high * 2 ** 24 + bytes.readUIntBE(at + 4 * bit, 3);
  };
  return { metadata, child };
}

/** IPv4 first. Records beyond `nodeCount` point at data; `nodeCount` itself is "nothing known". */
function* leavesOf(tree: Tree): Generator<{ network: Network; record: number }> {
  const { ipVersion, nodeCount } = tree.metadata;
  const visits = { left: nodeCount * VISITS_PER_NODE };
  if (ipVersion === 4) {
    yield* walk(tree, { family: 4, root: 0, skip: -1, visits });
    return;
  }
  let v4 = 0;
  for (let depth = 0; depth < V4_DEPTH && v4 < nodeCount; depth += 1) v4 = tree.child(v4, 0);
  yield* walk(tree, { family: 4, root: v4, skip: -1, visits });
  // 6to4, Teredo and mapped addresses are aliases that lead to the IPv4 part
  yield* walk(tree, { family: 6, root: 0, skip: v4 < nodeCount ? v4 : -1, visits });
}

interface Walk {
  readonly family: Family;
  readonly root: number;
  /** A node that is not entered. */
  readonly skip: number;
  readonly visits: { left: number };
}

function* walk(tree: Tree, { family, root, skip, visits }: Walk) {
  const { nodeCount } = tree.metadata;
  const bits = family === 4 ? 32 : 128;
  const stack = [{ node: root, first: 0n, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, first, depth } = next;
    if (node === nodeCount || node === skip) continue;
    const size = 1n << BigInt(bits - depth);
    if (node > nodeCount) {
      yield { network: { family, first, last: first + size - 1n }, record: node };
      continue;
    }
    visits.left -= 1;
    if (visits.left < 0) throw new Error('its search tree leads in circles');
    if (depth === bits) throw new Error('its search tree is too deep');
    stack.push({ node: tree.child(node, 1), first: first + size / 2n, depth: depth + 1 });
    stack.push({ node: tree.child(node, 0), first, depth: depth + 1 });
  }
}

/** MaxMind and DB-IP: `country.iso_code`; IPinfo and IP2Location: `country_code` or `country` itself. */
function countryOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null) return null;
  const { country, country_code: flat } = data as Record<string, unknown>;
  const nested =
    typeof country === 'object' && country !== null
      ? (country as Record<string, unknown>)['iso_code']
      : country;
  const code = [nested, flat].find(
    (text) => typeof text === 'string' && /^[A-Za-z]{2}$/.test(text),
  );
  return typeof code === 'string' ? code.toUpperCase() : null;
}

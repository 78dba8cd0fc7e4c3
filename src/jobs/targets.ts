import type { Kysely } from 'kysely';
import type { ScanSettings } from '../contract/service/scans.ts';
import { problem } from '../model/errors.ts';
import { ungranted } from '../store/queries/grants.ts';
import { refuseBeyond } from '../store/queries/quotas.ts';
import { quotasOf } from '../store/queries/settings.ts';
import type { Tables } from '../store/schema.ts';
import { addressAt, type Block, sizeOf } from '../targets/address.ts';
import { AddressSet } from '../targets/address-set.ts';
import { parseTarget } from '../targets/parse.ts';
import { parsePorts } from '../targets/ports.ts';
import { isRefusal, shown } from '../targets/target.ts';

/** As many as a scan can visit; what a tenant may is its quota. */
const MAX_SIZE = 2 ** 32;
/** Of targets that are not granted, named in a message. */
const NAMED = 5;

/** A target of a tenant. */
export interface TenantTarget {
  /** As assets and grants write it: `192.0.2.7`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9`, a name. */
  readonly text: string;
  readonly kind: 'address' | 'network' | 'name';
  /** What must be granted for it. */
  readonly needs: readonly string[];
}

/**
 * Reads a target in the notation of `postern scan`, without files and standard input. Throws
 * TARGET_SYNTAX or TARGET_TOO_LARGE; `where` names the place in messages.
 */
export function readTarget(given: string, where: string): TenantTarget {
  const text = given.trim();
  const target = parseTarget(text);
  const refusal = (reason: string) =>
    problem('TARGET_SYNTAX', { where, value: shown(text), problem: reason });
  if (isRefusal(target)) throw refusal(target.reason);
  if (target.kind === 'file' || target.kind === 'stdin') {
    throw refusal('files and standard input are read by the command line alone');
  }
  if (target.kind === 'name') {
    return { text: target.name, kind: 'name', needs: [target.name] };
  }
  const { blocks } = target;
  if (blocks.reduce((sum, block) => sum + sizeOf(block), 0) > MAX_SIZE) {
    throw problem('TARGET_TOO_LARGE', { where, value: shown(text) });
  }
  const needs = blocks.map(textOf);
  const [only] = needs;
  const whole = needs.length === 1 && only !== undefined ? only : text.toLowerCase();
  const single = blocks.length === 1 && blocks.every((block) => sizeOf(block) === 1);
  return { text: whole, kind: single ? 'address' : 'network', needs };
}

/** An address, a CIDR block where it is one, else both ends. */
function textOf(block: Block): string {
  const size = sizeOf(block);
  const first = addressAt(block, 0);
  if (size === 1) return first;
  const bits = Math.log2(size);
  const start = BigInt(block.start);
  if (Number.isInteger(bits) && start % BigInt(size) === 0n) {
    return `${first}/${(block.family === 4 ? 32 : 128) - bits}`;
  }
  return `${first}-${addressAt(block, size - 1)}`;
}

/** Reads targets, each once. Throws as `readTarget`. */
export function readAll(given: readonly string[], where: string): readonly TenantTarget[] {
  const read = given.map((text, index) => readTarget(text, `${where} ${index + 1}`));
  return [...new Map(read.map((target) => [target.text, target])).values()];
}

/** Throws PORT_SYNTAX, TARGET_SYNTAX … for settings that their form alone does not show to be wrong. */
export function checkSettings({ ports, exclude = [] }: ScanSettings): void {
  if (ports !== undefined) parsePorts(ports);
  for (const [index, text] of exclude.entries()) readTarget(text, `exclusion ${index + 1}`);
}

/** Those of some targets that the tenant may not have scanned. */
export async function withoutGrant(
  db: Kysely<Tables>,
  tenant: string,
  targets: readonly TenantTarget[],
): Promise<readonly TenantTarget[]> {
  const needs = [...new Set(targets.flatMap((target) => target.needs))];
  const missing = new Set(await ungranted(db, tenant, needs));
  return targets.filter((target) => target.needs.some((need) => missing.has(need)));
}

/** Throws TARGET_NOT_GRANTED unless the tenant may have all of them scanned. */
export async function requireGrants(
  db: Kysely<Tables>,
  tenant: string,
  targets: readonly TenantTarget[],
): Promise<void> {
  const missing = await withoutGrant(db, tenant, targets);
  if (missing.length > 0) throw notGranted(missing.map(({ text }) => text));
}

/** Refuses a scan of more addresses than the tenant may; a name counts as one. Throws QUOTA. */
export async function withinAddressQuota(
  db: Kysely<Tables>,
  tenant: string,
  targets: readonly string[],
): Promise<void> {
  const { addressesPerScan: limit } = await quotasOf(db, tenant);
  if (limit !== null) refuseBeyond('addressesPerScan', limit, 0, countAddresses(targets));
}

/** Each address once, however many targets hold it. */
export function countAddresses(targets: readonly string[]): number {
  const blocks: Block[] = [];
  let count = 0;
  for (const text of targets) {
    const target = parseTarget(text);
    if ('blocks' in target) blocks.push(...target.blocks);
    else count += 1;
  }
  const seen = new AddressSet();
  for (const block of blocks) {
    count += seen.without(block).reduce((sum, part) => sum + sizeOf(part), 0);
    seen.add([block]);
  }
  return count;
}

export function notGranted(targets: readonly string[]) {
  const named = targets.slice(0, NAMED).join(', ');
  const more = targets.length > NAMED ? ` and ${targets.length - NAMED} more` : '';
  return problem('TARGET_NOT_GRANTED', { value: `${named}${more}`, problem: 'no grant covers it' });
}

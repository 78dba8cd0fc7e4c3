import { randomBytes, randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { problem } from '../../model/errors.ts';
import { containsNetwork, type Network, PRIVATE_BLOCKS, readNetwork } from '../../model/network.ts';
import { upsert } from '../bulk.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import { LOCAL } from '../open.ts';
import type { Tables } from '../schema.ts';
import type { GrantRow } from '../service-schema.ts';
import { withinQuota } from './quotas.ts';

/**
 * A text that is more than a host name (a list, a URL, a file) would be read as something else by
 * whoever scans it.
 */
const HOST_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/**
 * Those of some targets (host names, addresses, CIDR blocks, in lower case) that a tenant may not have
 * scanned. A granted name covers all names below it; a granted network all of its addresses.
 */
export async function ungranted(
  db: Kysely<Tables>,
  tenant: string,
  targets: readonly string[],
): Promise<readonly string[]> {
  const { names, networks } = await grantedTo(db, tenant);
  return targets.filter((target) => {
    const asked = readNetwork(target);
    if (asked !== null) return !networks.some((network) => containsNetwork(network, asked));
    if (!HOST_NAME.test(target)) return true;
    return !names.some((name) => target === name || target.endsWith(`.${name}`));
  });
}

async function grantedTo(db: Kysely<Tables>, tenant: string) {
  const grants = await db
    .selectFrom('grants')
    .select(['target', 'kind'])
    .where('tenant', '=', tenant)
    .where('status', '=', 'granted')
    .execute();
  const names = grants.filter(({ kind }) => kind === 'name').map(({ target }) => target);
  const networks: readonly Network[] = grants
    .filter(({ kind }) => kind === 'network')
    .flatMap(({ target }) => readNetwork(target) ?? []);
  return { names, networks };
}

/** Grants in the order of their ids. */
export async function grantPage(
  db: Kysely<Tables>,
  tenant: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly GrantRow[]> {
  let query = db
    .selectFrom('grants')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('id')
    .limit(limit);
  if (after !== undefined) query = query.where('id', '>', after);
  return query.execute();
}

export async function grantById(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<GrantRow | null> {
  const row = await db
    .selectFrom('grants')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export interface NewGrant {
  readonly target: string;
  readonly kind: GrantRow['kind'];
  readonly by: string;
  /** Milliseconds. */
  readonly at: number;
}

/** A name that waits for its proof. The same name asked for again keeps its token. Throws QUOTA. */
export async function askForName(
  tx: Transaction<Tables>,
  tenant: string,
  asked: Omit<NewGrant, 'kind'>,
): Promise<GrantRow> {
  const known = await grantFor(tx, tenant, asked.target, 'dns');
  if (known !== undefined) return known;
  await withinQuota(tx, tenant, 'grants', 1, asked.at);
  const token = randomBytes(20).toString('hex');
  const row = newRow(tenant, { ...asked, kind: 'name' }, 'dns');
  return insert(tx, { ...row, token, status: 'pending' });
}

/** Of the installation's administrators: without a proof. Throws QUOTA. */
export async function grantByOperator(
  tx: Transaction<Tables>,
  tenant: string,
  asked: NewGrant,
): Promise<GrantRow> {
  const known = await grantFor(tx, tenant, asked.target, 'operator');
  if (known !== undefined) return known;
  await withinQuota(tx, tenant, 'grants', 1, asked.at);
  return insert(tx, newRow(tenant, asked, 'operator'));
}

function newRow(
  tenant: string,
  { target, kind, by, at }: NewGrant,
  method: GrantRow['method'],
): GrantRow {
  return {
    ...{ tenant, id: randomUUID(), target, kind, method, token: null, status: 'granted' },
    ...{ created_at: at, created_by: by, proved_at: null, checked_at: null, misses: 0 },
  };
}

function grantFor(
  db: Kysely<Tables>,
  tenant: string,
  target: string,
  method: GrantRow['method'],
): Promise<GrantRow | undefined> {
  return db
    .selectFrom('grants')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('target', '=', target)
    .where('method', '=', method)
    .executeTakeFirst();
}

/** Gives the row there is when another transaction came first. */
async function insert(tx: Transaction<Tables>, row: GrantRow): Promise<GrantRow> {
  const { tenant, target, method } = row;
  await tx
    .insertInto('grants')
    .values(row)
    .onConflict((on) => on.columns(['tenant', 'target', 'method']).doNothing())
    .execute();
  return (await grantFor(tx, tenant, target, method)) ?? row;
}

/** Whether there was one. */
export async function removeGrant(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
): Promise<boolean> {
  const result = await tx
    .deleteFrom('grants')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Between two checks of one grant that somebody asks for, and how many of a tenant in a minute. */
const CHECK_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
const CHECKS_A_MINUTE = 20;

/** Takes the right to check a grant now. Throws API_TOO_MANY. */
export async function claimCheck(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
  now: number,
): Promise<void> {
  const refused = problem('API_TOO_MANY', { value: 'checks of grants' });
  const { recent } = await tx
    .selectFrom('grants')
    .select((eb) => eb.fn.countAll<number>().as('recent'))
    .where('tenant', '=', tenant)
    .where('checked_at', '>', now - MINUTE_MS)
    .executeTakeFirstOrThrow();
  if (recent >= CHECKS_A_MINUTE) throw refused;
  const claimed = await tx
    .updateTable('grants')
    .set({ checked_at: now })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where((eb) =>
      eb.or([eb('checked_at', 'is', null), eb('checked_at', '<=', now - CHECK_EVERY_MS)]),
    )
    .executeTakeFirst();
  if (claimed.numUpdatedRows === 0n) throw refused;
}

/** What a check found: the proof, for sure no proof, or nothing that could be told. */
export type Evidence = 'proved' | 'absent' | 'unknown';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A grant lapses after so many checks in a row without its proof, over so long a time. */
const LAPSE_MISSES = 3;
const LAPSE_AFTER_MS = 3 * DAY_MS;
/** Beyond this a proof that could not be asked for is too old to rest on. */
const STALE_AFTER_MS = 30 * DAY_MS;

/** What becomes of a grant by one check. Pure. */
export function afterCheck(grant: GrantRow, evidence: Evidence, now: number): GrantRow {
  if (evidence === 'proved') {
    return { ...grant, status: 'granted', proved_at: now, checked_at: now, misses: 0 };
  }
  const misses = grant.misses + (evidence === 'absent' ? 1 : 0);
  const since = now - (grant.proved_at ?? now);
  const lapses =
    grant.status === 'granted' &&
    ((misses >= LAPSE_MISSES && since >= LAPSE_AFTER_MS) || since >= STALE_AFTER_MS);
  return { ...grant, status: lapses ? 'lapsed' : grant.status, checked_at: now, misses };
}

/** Writes what a check found; null when the grant was taken away meanwhile. A lapse is an event. */
export async function noteCheck(
  tx: Transaction<Tables>,
  tenant: string,
  facts: DialectFacts,
  id: string,
  evidence: Evidence,
  now: number,
): Promise<GrantRow | null> {
  const grant = await grantById(tx, tenant, id);
  if (grant === null) return null;
  const after = afterCheck(grant, evidence, now);
  await tx
    .updateTable('grants')
    .set(after)
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
  if (after.status === 'lapsed' && grant.status === 'granted') {
    const detail = JSON.stringify({ target: grant.target });
    await upsert(tx, facts, 'events', [
      { tenant, id: randomUUID(), at: now, kind: 'grant.lapsed', subject: id, batch: id, detail },
    ]);
  }
  return after;
}

/** Grants by DNS, of every tenant, whose proof has not been asked for within a day; oldest first. */
export async function grantsToCheck(
  db: Kysely<Tables>,
  now: number,
  limit: number,
): Promise<readonly GrantRow[]> {
  return db
    .selectFrom('grants')
    .selectAll()
    .where('method', '=', 'dns')
    .where('status', '=', 'granted')
    .where('checked_at', '<=', now - DAY_MS)
    .orderBy('checked_at')
    .limit(limit)
    .execute();
}

/**
 * Grants the installation's own tenant loopback and the private ranges, once: what its administrator
 * takes away later stays away.
 */
export async function grantOwnNetworks(tx: Transaction<Tables>, now = Date.now()): Promise<void> {
  const first = await tx
    .insertInto('meta')
    .values({ tenant: LOCAL, name: 'grants.own', value: 'true' })
    .onConflict((on) => on.columns(['tenant', 'name']).doNothing())
    .executeTakeFirst();
  if ((first.numInsertedOrUpdatedRows ?? 0n) === 0n) return;
  for (const target of PRIVATE_BLOCKS) {
    const asked = { target, kind: 'network', by: 'installation', at: now } as const;
    await insert(tx, newRow(LOCAL, asked, 'operator'));
  }
}

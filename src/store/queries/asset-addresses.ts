import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { upsert } from '../bulk.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import type { Tables } from '../schema.ts';
import type { AssetAddressRow, EventRow } from '../service-schema.ts';
import { keepMeta } from './meta.ts';

/** What the DNS answered for a name. */
export interface NameAnswer {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Families whose absence from `addresses` says something: the others could not be asked. */
  readonly known: readonly (4 | 6)[];
}

export interface AnswerNote {
  /** Of the answers. */
  readonly now: number;
  /** Answers in a row without an address after which it counts as left. */
  readonly leftAfter: number;
  /** What they came with: the id of the job. */
  readonly batch: string;
}

/** Addresses that names have now, or had, by name and the time they were first seen. */
export async function addressesOfName(
  db: Kysely<Tables>,
  tenant: string,
  name: string,
): Promise<readonly AssetAddressRow[]> {
  return db
    .selectFrom('asset_addresses')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .orderBy('first_seen')
    .orderBy('address')
    .execute();
}

/**
 * Notes what names resolve to, and tells of what joined and left. The first answer of a name tells of
 * nothing: it is what there is.
 */
export async function noteAnswers(
  tx: Transaction<Tables>,
  tenant: string,
  facts: DialectFacts,
  answers: readonly NameAnswer[],
  note: AnswerNote,
): Promise<void> {
  const names = answers.map(({ name }) => name);
  const rows = await tx
    .selectFrom('asset_addresses')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(facts.isAmong('name', names))
    .execute();
  const byName = new Map<string, AssetAddressRow[]>();
  for (const row of rows) byName.set(row.name, [...(byName.get(row.name) ?? []), row]);
  const steps = answers.map((answer) => stepOf(tenant, answer, byName.get(answer.name), note));
  await upsert(
    tx,
    facts,
    'asset_addresses',
    steps.flatMap((step) => step.rows),
  );
  await upsert(
    tx,
    facts,
    'events',
    steps.flatMap((step) => step.events),
  );
}

interface Step {
  readonly rows: readonly AssetAddressRow[];
  readonly events: readonly EventRow[];
}

function stepOf(
  tenant: string,
  { name, addresses, known }: NameAnswer,
  before: readonly AssetAddressRow[] = [],
  { now, leftAfter, batch }: AnswerNote,
): Step {
  const had = before.filter(({ left_at: left }) => left === null);
  const answered = new Set(addresses);
  const stayed = had
    .filter(({ address }) => answered.has(address))
    .map((row) => ({ ...row, last_seen: Math.max(now, row.last_seen), misses: 0 }));
  const missed = had
    .filter(({ address }) => !answered.has(address) && known.includes(familyOf(address)))
    .map((row) => {
      const misses = row.misses + 1;
      return { ...row, misses, left_at: misses >= leftAfter ? now : null };
    });
  const there = new Set(had.map(({ address }) => address));
  const joined = [...answered]
    .filter((address) => !there.has(address))
    .map((address) => ({
      ...{ tenant, name, address, first_seen: now, last_seen: now },
      ...{ left_at: null, misses: 0 },
    }));
  const event = (kind: string, { address }: AssetAddressRow): EventRow => ({
    ...{ tenant, id: randomUUID(), at: now, kind, subject: name, batch },
    detail: JSON.stringify({ address }),
  });
  const left = missed.filter((row) => row.left_at !== null);
  return {
    rows: [...stayed, ...missed, ...joined],
    events: [
      ...(before.length === 0 ? [] : joined.map((row) => event('address.joined', row))),
      ...left.map((row) => event('address.left', row)),
    ],
  };
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** Names among the assets of a tenant, in order; `after`: the last one before. */
export async function assetNames(
  db: Kysely<Tables>,
  tenant: string,
  { limit, after = '' }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('assets')
    .select('target')
    .where('tenant', '=', tenant)
    .where('kind', '=', 'name')
    .where('target', '>', after)
    .orderBy('target')
    .limit(limit)
    .execute();
  return rows.map(({ target }) => target);
}

/** When the names of a tenant are asked for again. */
const NEXT = 'dns.next';

/** Tenants whose names are due to be asked for; what is later than `latest` was set by a wrong clock. */
export async function tenantsToFollow(
  db: Kysely<Tables>,
  { now, latest }: { readonly now: number; readonly latest: number },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('meta')
    .select(['tenant', 'value'])
    .where('name', '=', NEXT)
    .execute();
  return rows
    .filter(({ value }) => Number(value) <= now || Number(value) > latest)
    .map(({ tenant }) => tenant);
}

/** Sets when names are asked for again; null: not at all. */
export function followNamesAt(
  tx: Kysely<Tables>,
  tenant: string,
  at: number | null,
): Promise<void> {
  return keepMeta(tx, tenant, NEXT, at === null ? null : String(at));
}

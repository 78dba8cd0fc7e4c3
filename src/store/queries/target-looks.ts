import type { Kysely, Transaction } from 'kysely';
import { upsert } from '../bulk.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import type { Tables } from '../schema.ts';

/** Notes that targets were looked at, to their end. */
export async function noteLooks(
  tx: Transaction<Tables>,
  tenant: string,
  facts: DialectFacts,
  targets: readonly string[],
  at: number,
): Promise<void> {
  const rows = targets.map((target) => ({ tenant, target, looked_at: at }));
  await upsert(tx, facts, 'target_looks', rows);
}

export interface KnownHost {
  readonly address: string;
  /** Place in SEVERITIES of the worst open finding, from any vantage; -1: none. */
  readonly severity: number;
}

/** What is known of a tenant's hosts, and of when its targets were looked at. */
export interface Looked {
  readonly hosts: readonly KnownHost[];
  /** Milliseconds, by target. */
  readonly looks: ReadonlyMap<string, number>;
  /** Addresses that names have now. */
  readonly addressesOf: ReadonlyMap<string, readonly string[]>;
}

export async function lookedBefore(db: Kysely<Tables>, tenant: string): Promise<Looked> {
  const hosts = await db
    .selectFrom('hosts')
    .select((eb) => ['address', eb.fn.max<number>('severity').as('severity')])
    .where('tenant', '=', tenant)
    .groupBy('address')
    .execute();
  const looks = await db
    .selectFrom('target_looks')
    .select(['target', 'looked_at'])
    .where('tenant', '=', tenant)
    .execute();
  const names = await db
    .selectFrom('asset_addresses')
    .select(['name', 'address'])
    .where('tenant', '=', tenant)
    .where('left_at', 'is', null)
    .execute();
  const addressesOf = new Map<string, string[]>();
  for (const { name, address } of names) {
    const known = addressesOf.get(name);
    if (known === undefined) addressesOf.set(name, [address]);
    else known.push(address);
  }
  return {
    hosts,
    looks: new Map(looks.map(({ target, looked_at: at }) => [target, at])),
    addressesOf,
  };
}

import { type Kysely, sql, type Transaction } from 'kysely';
import type { DialectFacts } from '../dialects/facts.ts';
import type { Tables } from '../schema.ts';

/**
 * A host is as bad as the worst open finding of its address: those of the looks from its vantage, and
 * those of agents, whose findings rest on a view that is not `outside` and have a vantage of their own.
 */
export async function refreshSeverity(
  tx: Transaction<Tables>,
  tenant: string,
  /** Of one finding or one agent: few. */
  addresses: readonly string[],
): Promise<void> {
  if (addresses.length === 0) return;
  await sql`
    update hosts set severity = coalesce((
      select max(f.severity) from findings f where f.tenant = hosts.tenant
        and f.address = hosts.address and f.status = 'open'
        and (f.vantage = hosts.vantage or f.view <> 'outside')), -1)
    where tenant = ${tenant} and address in (${sql.join(addresses)})`.execute(tx);
}

// in the words of the index that has only these
const isOpenInside = sql<boolean>`status = 'open' and view <> 'outside'`;

/** Of the worst open finding that agents have of each address; absent: there is none. */
export async function severityInside(
  db: Kysely<Tables>,
  tenant: string,
  facts: DialectFacts,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('findings')
    .select((eb) => ['address', eb.fn.max('severity').as('worst')])
    .where('tenant', '=', tenant)
    .where(isOpenInside)
    .where(facts.isAmong('address', addresses))
    .groupBy('address')
    .execute();
  return new Map(rows.map(({ address, worst }) => [address, worst]));
}

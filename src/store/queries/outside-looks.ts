import type { Kysely } from 'kysely';
import type { JudgedOutside } from '../../model/audit.ts';
import type { PortState } from '../../model/port.ts';
import type { PhantomKind } from '../../model/scan.ts';
import type { Service } from '../../model/service.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import { isoOf } from '../rows.ts';
import type { Tables } from '../schema.ts';

/** How the ports of some addresses look from outside now, from every vantage. */
export async function outsideLooks(
  db: Kysely<Tables>,
  tenant: string,
  facts: DialectFacts,
  addresses: readonly string[],
): Promise<readonly JudgedOutside[]> {
  if (addresses.length === 0) return [];
  const rows = await db
    .selectFrom('intervals')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('ended_at', 'is', null)
    .where(facts.isAmong('address', addresses))
    .orderBy('last_seen', 'desc')
    .execute();
  return rows.map((row) => ({
    look: {
      address: row.address,
      transport: row.transport,
      port: row.port,
      state: row.state as PortState,
      vantage: row.vantage,
      at: isoOf(row.last_seen),
      ...(row.phantom === null ? {} : { phantom: row.phantom as PhantomKind }),
      ...(row.service === null ? {} : { service: JSON.parse(row.service) as Service }),
    },
    verdict: row.verdict === null ? null : (JSON.parse(row.verdict) as Verdict),
  }));
}

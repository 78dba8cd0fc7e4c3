import type { Kysely } from 'kysely';
import type { DialectFacts } from '../dialects/facts.ts';
import { groupBy } from '../group.ts';
import type { HostKnown } from '../host-step.ts';
import type { Tables } from '../schema.ts';
import { severityInside } from './host-severity.ts';

/** What is known of some addresses, as seen from one vantage. */
export async function knownHosts(
  db: Kysely<Tables>,
  facts: DialectFacts,
  { tenant, vantage }: { readonly tenant: string; readonly vantage: string },
  addresses: readonly string[],
  /** Findings that were resolved before this time (ms) are over. */
  resolvedSince: number,
): Promise<(address: string) => HostKnown> {
  const among = facts.isAmong('address', addresses);
  const hosts = await db
    .selectFrom('hosts')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('vantage', '=', vantage)
    .where(among)
    .execute();
  const intervals = await db
    .selectFrom('intervals')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('vantage', '=', vantage)
    .where('ended_at', 'is', null)
    .where(among)
    .execute();
  const findings = await db
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('vantage', '=', vantage)
    .where(among)
    .where((eb) => eb.or([eb('status', '!=', 'resolved'), eb('resolved_at', '>=', resolvedSince)]))
    .orderBy('opened_at', 'desc')
    .execute();
  const inside = await severityInside(db, tenant, facts, addresses);
  const hostAt = new Map(hosts.map((row) => [row.address, row]));
  const intervalsAt = groupBy(intervals, ({ address }) => address);
  const findingsAt = groupBy(findings, ({ address }) => address);
  return (address) => ({
    host: hostAt.get(address),
    intervals: intervalsAt.get(address) ?? [],
    findings: findingsAt.get(address) ?? [],
    inside: inside.get(address) ?? -1,
  });
}

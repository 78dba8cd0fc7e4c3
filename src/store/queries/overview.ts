import type { Kysely } from 'kysely';
import { SEVERITIES, type Severity } from '../../model/verdict.ts';
import type { Tables } from '../schema.ts';

export interface Overview {
  readonly hosts: number;
  /** Open ports that are no phantoms. */
  readonly open: number;
  /** Hosts by their worst open finding; hosts without one are in none. */
  readonly hostsBySeverity: Readonly<Record<Severity, number>>;
  readonly openFindings: Readonly<Record<Severity, number>>;
  /** Changes since the time asked for. */
  readonly changes: number;
}

/** The counts of the first page. `since` in ms. */
export async function overview(
  db: Kysely<Tables>,
  tenant: string,
  since: number,
): Promise<Overview> {
  const hosts = await db
    .selectFrom('hosts')
    .select((eb) => [
      'severity',
      eb.fn.countAll<number>().as('hosts'),
      eb.fn.sum<number | string>('open').as('open'),
    ])
    .where('tenant', '=', tenant)
    .groupBy('severity')
    .execute();
  const findings = await db
    .selectFrom('findings')
    .select((eb) => ['severity', eb.fn.countAll<number>().as('count')])
    .where('tenant', '=', tenant)
    .where('status', '=', 'open')
    .groupBy('severity')
    .execute();
  const changes = await db
    .selectFrom('changes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('tenant', '=', tenant)
    .where('at', '>', since)
    .executeTakeFirst();
  return {
    hosts: hosts.reduce((sum, row) => sum + row.hosts, 0),
    // PostgreSQL sums integers into its exact type, which comes as text
    open: hosts.reduce((sum, row) => sum + Number(row.open), 0),
    hostsBySeverity: bySeverity(hosts.map(({ severity, hosts: count }) => ({ severity, count }))),
    openFindings: bySeverity(findings),
    changes: changes?.count ?? 0,
  };
}

function bySeverity(rows: readonly { severity: number; count: number }[]) {
  const counts = { info: 0, low: 0, medium: 0, high: 0, critical: 0 };
  for (const { severity, count } of rows) {
    const word = SEVERITIES[severity];
    if (word !== undefined) counts[word] = count;
  }
  return counts;
}

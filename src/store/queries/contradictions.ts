import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Of one kind that are named; the rest is counted. */
const NAMED = 5;

interface Check {
  /** What is so where it holds no longer: a sentence about what is named. */
  readonly said: string;
  /** One row for each fault: tenant, and what is wrong in words. */
  readonly find: ReturnType<typeof sql<Fault>>;
}

interface Fault {
  readonly tenant: string;
  readonly what: string;
}

/**
 * What cannot be so in a store, whichever kind it is; a line for each kind of fault. Reads all of it.
 * To be asked of one moment (`Store.snapshot`).
 */
export async function contradictionsIn(db: Kysely<Tables>): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { said, find } of CHECKS) {
    const { rows } = await find.execute(db);
    if (rows.length === 0) continue;
    const named = rows.slice(0, NAMED).map(({ tenant, what }) => `${what} (tenant ${tenant})`);
    const rest = rows.length > NAMED ? ` and ${rows.length - NAMED} more` : '';
    lines.push(`${said}: ${named.join(', ')}${rest}`);
  }
  return lines;
}

const port = sql`address || ' ' || port || '/' || transport || ' from ' || vantage`;
const host = sql`h.address || ' from ' || h.vantage`;
const orphan = (table: string, column: string, of: string) => sql<Fault>`
  select t.tenant, t.${sql.ref(column)} as what from ${sql.table(table)} t
  where not exists (select 1 from ${sql.table(of)} o where o.tenant = t.tenant and o.id = t.${sql.ref(column)})`;

const CHECKS: readonly Check[] = [
  {
    said: 'ports with more than one interval that has not ended',
    find: sql`select tenant, ${port} as what from intervals where ended_at is null
      group by tenant, address, vantage, transport, port having count(*) > 1`,
  },
  {
    said: 'intervals that end before they begin',
    find: sql`select tenant, ${port} as what from intervals
      where ended_at < first_seen or last_seen < first_seen or last_covered < last_seen`,
  },
  { said: 'reports of scans that are not there', find: orphan('reports', 'scan', 'scans') },
  {
    said: 'events of findings that are not there',
    find: orphan('finding_events', 'finding', 'findings'),
  },
  {
    said: 'findings of hosts that are not there',
    find: sql`select f.tenant, f.id as what from findings f where f.view = 'outside'
      and not exists (select 1 from hosts h where h.tenant = f.tenant
        and h.address = f.address and h.vantage = f.vantage)`,
  },
  {
    said: 'hosts whose open ports are counted wrong',
    find: sql`select h.tenant, ${host} as what from hosts h
      left join (select tenant, address, vantage, count(*) as open from intervals
        where ended_at is null and state = 'open' and phantom is null
        group by tenant, address, vantage) i
        on i.tenant = h.tenant and i.address = h.address and i.vantage = h.vantage
      where h.open <> coalesce(i.open, 0)`,
  },
  {
    said: 'hosts whose worst finding is another',
    find: sql`select h.tenant, ${host} as what from hosts h
      left join (select tenant, address, vantage, max(severity) as severity from findings
        where status = 'open' and view = 'outside' group by tenant, address, vantage) f
        on f.tenant = h.tenant and f.address = h.address and f.vantage = h.vantage
      left join (select tenant, address, max(severity) as severity from findings
        where status = 'open' and view <> 'outside' group by tenant, address) i
        on i.tenant = h.tenant and i.address = h.address
      where h.severity <> case when coalesce(i.severity, -1) > coalesce(f.severity, -1)
        then i.severity else coalesce(f.severity, -1) end`,
  },
];

import { randomUUID } from 'node:crypto';
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Retention } from '../../contract/service/settings.ts';
import { SHAPES, TABLE_NAMES, type TableName, type Tables } from '../schema.ts';
import { quotasOf, retentionOf } from './settings.ts';

/** How long a tenant's things are kept, and how many bytes of reports. */
export interface CompactionSettings {
  readonly retention: Retention;
  /** null: as many as there are. */
  readonly reportBytes: number | null;
}

export async function compactionSettings(
  db: Kysely<Tables>,
  tenant: string,
): Promise<CompactionSettings> {
  const { reportBytes } = await quotasOf(db, tenant);
  return { retention: await retentionOf(db, tenant), reportBytes };
}

export const COMPACTED = Object.keys({
  jobs: 0,
  outbox: 0,
  events: 0,
  incidents: 0,
  auditLog: 0,
  agentAudits: 0,
  changes: 0,
} satisfies Record<CompactedRows, 0>) as readonly CompactedRows[];

/** What goes row by row; reports go by themselves, because their look remembers them. */
export type CompactedRows = Exclude<keyof Retention, 'reports'>;

interface Taking {
  readonly table: TableName;
  /** What of the table is over before `ms`. */
  readonly over: (ms: number) => RawBuilder<boolean>;
}

const TAKINGS: Readonly<Record<CompactedRows, Taking>> = {
  // their times of creation have the index
  jobs: {
    table: 'jobs',
    over: (ms) => sql`created_at < ${ms} and ended_at < ${ms}
      and status in ('done', 'failed', 'cancelled')`,
  },
  outbox: {
    table: 'outbox',
    over: (ms) => sql`created_at < ${ms} and ended_at < ${ms} and status in ('sent', 'failed')`,
  },
  events: { table: 'events', over: (ms) => sql`at < ${ms}` },
  incidents: {
    table: 'incidents',
    // what is still to be told wakes then
    over: (ms) => sql`status = 'resolved' and changed_at < ${ms} and remind_at is null`,
  },
  auditLog: { table: 'audit_log', over: (ms) => sql`at < ${ms}` },
  agentAudits: {
    table: 'agent_audits',
    over: (ms) => sql`at < ${ms} and exists (select 1 from agent_audits later
      where later.tenant = agent_audits.tenant and later.agent = agent_audits.agent
        and later.at > agent_audits.at)`,
  },
  changes: { table: 'changes', over: (ms) => sql`at < ${ms}` },
};

/** Takes up to `most` rows away that were over before `ms`; resolves to how many. */
export async function takeRows(
  tx: Transaction<Tables>,
  tenant: string,
  what: CompactedRows,
  ms: number,
  most: number,
): Promise<number> {
  const { table, over } = TAKINGS[what];
  return takeSome(tx, tenant, table, over(ms), most);
}

/** Takes up to `most` rows of a tenant away that a condition holds for; resolves to how many. */
export async function takeSome(
  tx: Transaction<Tables>,
  tenant: string,
  table: TableName,
  which: RawBuilder<boolean>,
  most: number,
): Promise<number> {
  const name = sql.table(table);
  const rest = sql.raw(SHAPES[table].key.filter((column) => column !== 'tenant').join(', '));
  const result = await sql`
    delete from ${name} where tenant = ${tenant} and (${rest}) in (
      select ${rest} from ${name} where tenant = ${tenant} and ${which} limit ${most})`.execute(tx);
  return Number(result.numAffectedRows ?? 0n);
}

export async function countRows(
  db: Kysely<Tables>,
  tenant: string,
  what: CompactedRows,
  ms: number,
): Promise<number> {
  const { table, over } = TAKINGS[what];
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)}
    where tenant = ${tenant} and ${over(ms)}`.execute(db);
  return rows[0]?.count ?? 0;
}

export interface TakenReports {
  readonly reports: number;
  readonly bytes: number;
}

/** Takes up to `most` of the oldest reports away that ended before `ms`; their looks remember when. */
export async function takeReports(
  tx: Transaction<Tables>,
  tenant: string,
  ms: number,
  most: number,
  now: number,
): Promise<TakenReports> {
  const rows = await oldReports(tx, tenant, ms).limit(most).execute();
  if (rows.length === 0) return { reports: 0, bytes: 0 };
  const ids = rows.map(({ scan }) => scan);
  await tx
    .updateTable('scans')
    .set({ report_taken_at: now })
    .where('tenant', '=', tenant)
    .where('id', 'in', ids)
    .execute();
  await tx.deleteFrom('reports').where('tenant', '=', tenant).where('scan', 'in', ids).execute();
  return { reports: ids.length, bytes: sumOf(rows) };
}

/** What reports ended before `ms` are. */
export async function countReports(
  db: Kysely<Tables>,
  tenant: string,
  ms: number,
): Promise<TakenReports> {
  const rows = await oldReports(db, tenant, ms).execute();
  return { reports: rows.length, bytes: sumOf(rows) };
}

function oldReports(db: Kysely<Tables>, tenant: string, ms: number) {
  return db
    .selectFrom('reports')
    .select(['scan', sql<number>`length(body)`.as('bytes')])
    .where('tenant', '=', tenant)
    .where('ended_at', '<', ms)
    .orderBy('ended_at');
}

function sumOf(rows: readonly { readonly bytes: number }[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * The time (ms) before which reports have to go for the rest to have at most `limit` bytes; the newest
 * one always stays. null: they have no more.
 */
export async function reportsBeyond(
  db: Kysely<Tables>,
  tenant: string,
  limit: number,
): Promise<number | null> {
  const rows = await db
    .selectFrom('reports')
    .select(['ended_at', sql<number>`length(body)`.as('bytes')])
    .where('tenant', '=', tenant)
    .orderBy('ended_at', 'desc')
    .execute();
  let sum = 0;
  for (const [index, { ended_at: at, bytes }] of rows.entries()) {
    sum += bytes;
    if (sum > limit && index > 0) return at + 1;
  }
  return null;
}

/** Everybody who has something here. */
export async function tenantsOf(db: Kysely<Tables>): Promise<readonly string[]> {
  const tenants = new Set<string>();
  // people and their sessions belong to no tenant
  const owned = TABLE_NAMES.filter((table) => 'tenant' in SHAPES[table].columns);
  for (const table of owned) for (const tenant of await tenantsIn(db, table)) tenants.add(tenant);
  return [...tenants].sort();
}

/** Everybody who has rows in a table. */
export async function tenantsIn(db: Kysely<Tables>, table: TableName): Promise<readonly string[]> {
  const tenants: string[] = [];
  for (let tenant = await tenantAfter(db, table, ''); tenant !== null; ) {
    tenants.push(tenant);
    tenant = await tenantAfter(db, table, tenant);
  }
  return tenants;
}

/** One step through the index, because `distinct` would go through all rows. */
async function tenantAfter(
  db: Kysely<Tables>,
  table: TableName,
  after: string,
): Promise<string | null> {
  const row = await db
    .selectFrom(table as 'meta')
    .select((eb) => eb.fn.min('tenant').as('tenant'))
    .where('tenant', '>', after)
    .executeTakeFirst();
  return row?.tenant ?? null;
}

/** Queues a job of kind `compact` for a tenant that has had none today; whether it did. */
export async function queueCompaction(
  tx: Transaction<Tables>,
  tenant: string,
  now: number,
): Promise<boolean> {
  const value = new Date(now).toISOString().slice(0, 10);
  const turned = await tx
    .insertInto('meta')
    .values({ tenant, name: 'compacted', value })
    .onConflict((on) =>
      on.columns(['tenant', 'name']).doUpdateSet({ value }).where('meta.value', '<', value),
    )
    .executeTakeFirst();
  if ((turned.numInsertedOrUpdatedRows ?? 0n) === 0n) return false;
  await tx
    .insertInto('jobs')
    .values({
      ...{ tenant, id: randomUUID(), kind: 'compact', spec: '{}', schedule: null },
      ...{ status: 'queued', priority: LOWEST, created_at: now, created_by: 'installation' },
      ...{ due_at: now, started_at: null, ended_at: null, worker: null, lease_until: null },
      ...{ attempts: 0, progress: null, problem: null, cancel: 0 },
    })
    .execute();
  return true;
}

/** Nothing waits for it. */
const LOWEST = -1000;

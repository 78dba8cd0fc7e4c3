import { randomUUID } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { LOCAL } from '../open.ts';
import { SHAPES, TABLE_NAMES, type TableName, type Tables } from '../schema.ts';
import { followNamesAt } from './asset-addresses.ts';
import { takeSome } from './compaction.ts';
import { enqueue } from './jobs.ts';
import { keepMeta } from './meta.ts';

/** An organisation that was deleted, and whose rows may not all be gone yet. */
export interface EndedTenant {
  readonly tenant: string;
  /** ms. */
  readonly endedAt: number;
}

/** Of the rows in `meta`, which belong to the installation: the tenant itself has none in the end. */
const MARK = 'ended ';

/** What lets somebody, or a loop, do something for a tenant; quotas keep them few. */
const LIVING = ['api_keys', 'agents', 'channels', 'alert_rules', 'schedules', 'grants'] as const;

/** Tables whose rows belong to a tenant. */
export const OWNED: readonly TableName[] = TABLE_NAMES.filter(
  (table) => 'tenant' in SHAPES[table].columns,
);

/**
 * From here on nothing is done for a tenant any more: no key or agent opens anything, no job begins,
 * those that run are cancelled, no alert is sent. Its other rows go by and by, see `removeEnded`.
 */
export async function endTenant(
  tx: Transaction<Tables>,
  tenant: string,
  { by, now }: { readonly by: string; readonly now: number },
): Promise<void> {
  await tx
    .insertInto('meta')
    .values({ tenant: LOCAL, name: `${MARK}${tenant}`, value: String(now) })
    .execute();
  for (const table of LIVING) {
    await tx
      .deleteFrom(table as 'grants')
      .where('tenant', '=', tenant)
      .execute();
  }
  await tx.deleteFrom('jobs').where('tenant', '=', tenant).where('status', '=', 'queued').execute();
  await tx
    .deleteFrom('outbox')
    .where('tenant', '=', tenant)
    .where('status', '=', sql.lit('waiting' as const))
    .execute();
  await tx
    .updateTable('incidents')
    .set({ remind_at: null })
    .where('tenant', '=', tenant)
    .where('remind_at', 'is not', null)
    .execute();
  await followNamesAt(tx, tenant, null);
  await cancelRunning(tx, tenant);
  await queueRemoval(tx, { by, now, dueAt: now });
}

/** Queues the job that removes the rows of all ended tenants. */
export async function queueRemoval(
  tx: Transaction<Tables>,
  { by, now, dueAt }: { readonly by: string; readonly now: number; readonly dueAt: number },
): Promise<void> {
  const job = { id: randomUUID(), kind: 'compact', spec: {}, by, now } as const;
  await enqueue(tx, LOCAL, job);
  await tx
    .updateTable('jobs')
    .set({ due_at: dueAt })
    .where('tenant', '=', LOCAL)
    .where('id', '=', job.id)
    .execute();
}

export async function endedTenants(db: Kysely<Tables>): Promise<readonly EndedTenant[]> {
  const rows = await db
    .selectFrom('meta')
    .select(['name', 'value'])
    .where('tenant', '=', LOCAL)
    .where('name', '>=', MARK)
    .where('name', '<', `${MARK}~`)
    .execute();
  return rows.map(({ name, value }) => ({
    tenant: name.slice(MARK.length),
    endedAt: Number(value),
  }));
}

/** Nobody can write for the tenant any more, and nothing is left of it. */
export async function forgetEnded(tx: Transaction<Tables>, tenant: string): Promise<void> {
  await keepMeta(tx, LOCAL, `${MARK}${tenant}`, null);
}

export async function cancelRunning(tx: Transaction<Tables>, tenant: string): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({ cancel: 1 })
    .where('tenant', '=', tenant)
    .where('status', '=', 'running')
    .execute();
}

/** Takes up to `most` rows of an ended tenant away. */
export function takeOwned(
  tx: Transaction<Tables>,
  tenant: string,
  table: TableName,
  most: number,
): Promise<number> {
  return takeSome(tx, tenant, table, sql<boolean>`1 = 1`, most);
}

/** Whether a worker still holds a job of the tenant. */
export async function isAtWork(db: Kysely<Tables>, tenant: string, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('jobs')
    .select('id')
    .where('tenant', '=', tenant)
    .where('status', '=', 'running')
    .where('lease_until', '>', now)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

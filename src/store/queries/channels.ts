import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../schema.ts';
import type { ChannelRow, OutboxRow } from '../service-schema.ts';
import { withinQuota } from './quotas.ts';

/** The channels of a tenant by name; their settings are sealed. */
export async function channelRows(
  db: Kysely<Tables>,
  tenant: string,
): Promise<readonly ChannelRow[]> {
  return db
    .selectFrom('channels')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('name')
    .execute();
}

export async function channelRow(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<ChannelRow | undefined> {
  return db
    .selectFrom('channels')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Resolves to false when the name is taken. Throws QUOTA. */
export async function addChannelRow(
  tx: Transaction<Tables>,
  tenant: string,
  row: Omit<ChannelRow, 'tenant'>,
): Promise<boolean> {
  await withinQuota(tx, tenant, 'channels', 1, row.created_at);
  const result = await tx
    .insertInto('channels')
    .values({ tenant, ...row })
    .onConflict((conflict) => conflict.columns(['tenant', 'name']).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Resolves to false when there is none. */
export async function changeChannelRow(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
  changes: Pick<ChannelRow, 'name' | 'settings'>,
): Promise<boolean> {
  const result = await tx
    .updateTable('channels')
    .set(changes)
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function dropChannelRow(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
): Promise<boolean> {
  const result = await tx
    .deleteFrom('channels')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/**
 * Notes that a channel fails; resolves to whether it worked until now. So it is told once, until
 * `worked` says otherwise.
 */
export async function failed(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
): Promise<boolean> {
  const result = await tx
    .insertInto('meta')
    .values({ tenant, name: failing(id), value: '' })
    .onConflict((conflict) => conflict.columns(['tenant', 'name']).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Notes that a channel works; resolves to whether it failed until now. */
export async function worked(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
): Promise<boolean> {
  const result = await tx
    .deleteFrom('meta')
    .where('tenant', '=', tenant)
    .where('name', '=', failing(id))
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Tells alerts that a channel fails, or no longer does. `problem`: why. */
export async function tellOfChannel(
  tx: Transaction<Tables>,
  { tenant, channel }: Pick<OutboxRow, 'tenant' | 'channel'>,
  kind: 'channel.failed' | 'channel.recovered',
  {
    at,
    ...detail
  }: { readonly at: number; readonly name: string; readonly problem?: string | undefined },
): Promise<void> {
  const id = randomUUID();
  const row = { tenant, id, at, kind, subject: channel, batch: id, detail: JSON.stringify(detail) };
  await tx.insertInto('events').values(row).execute();
}

function failing(id: string): string {
  return `channel.failing:${id}`;
}

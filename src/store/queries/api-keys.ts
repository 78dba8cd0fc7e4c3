import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../schema.ts';
import type { ApiKeyRow } from '../service-schema.ts';
import { withinQuota } from './quotas.ts';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

/** A key as it may be shown: without its hash. */
export type ShownKey = Omit<ApiKeyRow, 'hash' | 'tenant'>;

const SHOWN = [
  ...(['id', 'name', 'role', 'scopes', 'created_at', 'created_by'] as const),
  ...(['expires_at', 'used_at', 'revoked_at'] as const),
] as const;

/** Throws QUOTA. */
export async function addApiKey(
  tx: Tx,
  tenant: string,
  row: Omit<ApiKeyRow, 'tenant'>,
): Promise<void> {
  await withinQuota(tx, tenant, 'apiKeys', 1, row.created_at);
  await tx
    .insertInto('api_keys')
    .values({ ...row, tenant })
    .execute();
}

/** By id from the one after `after`; `createdBy` narrows them to somebody's own. */
export async function apiKeyList(
  db: Db,
  tenant: string,
  asked: {
    readonly limit: number;
    readonly after?: string | undefined;
    readonly createdBy?: string | undefined;
  },
): Promise<readonly ShownKey[]> {
  let query = db
    .selectFrom('api_keys')
    .select(SHOWN)
    .where('tenant', '=', tenant)
    .where('id', '>', asked.after ?? '')
    .orderBy('id')
    .limit(asked.limit);
  if (asked.createdBy !== undefined) query = query.where('created_by', '=', asked.createdBy);
  return query.execute();
}

export async function apiKeyById(db: Db, tenant: string, id: string): Promise<ShownKey | null> {
  const query = db
    .selectFrom('api_keys')
    .select(SHOWN)
    .where('tenant', '=', tenant)
    .where('id', '=', id);
  return (await query.executeTakeFirst()) ?? null;
}

/** A key that is revoked already stays as it is. */
export async function revokeApiKey(tx: Tx, tenant: string, id: string, at: number): Promise<void> {
  await tx
    .updateTable('api_keys')
    .set({ revoked_at: at })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
}

/** Revokes what somebody made: who comes back later makes new ones. */
export async function revokeKeysOf(
  tx: Tx,
  tenant: string,
  createdBy: string,
  at: number,
): Promise<void> {
  await tx
    .updateTable('api_keys')
    .set({ revoked_at: at })
    .where('tenant', '=', tenant)
    .where('created_by', '=', createdBy)
    .where('revoked_at', 'is', null)
    .execute();
}

/** The key with this hash (SHA-256, hex) if it may be used at `now`. Its tenant is the caller's. */
export async function usableKey(db: Db, hash: string, now: number): Promise<ApiKeyRow | null> {
  const row = await db
    .selectFrom('api_keys')
    .selectAll()
    .where('hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirst();
  return row ?? null;
}

export async function noteKeyUse(
  tx: Tx,
  { tenant, id }: Pick<ApiKeyRow, 'tenant' | 'id'>,
  at: number,
): Promise<void> {
  await tx
    .updateTable('api_keys')
    .set({ used_at: at })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
}

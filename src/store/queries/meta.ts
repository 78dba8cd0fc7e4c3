import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';

/** What is kept under a name for a tenant; null: nothing. */
export async function metaOf(
  db: Kysely<Tables>,
  tenant: string,
  name: string,
): Promise<string | null> {
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('tenant', '=', tenant)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value ?? null;
}

/** Keeps a value in place of the one before; null: nothing from now on. */
export async function keepMeta(
  tx: Kysely<Tables>,
  tenant: string,
  name: string,
  value: string | null,
): Promise<void> {
  if (value === null) {
    await tx.deleteFrom('meta').where('tenant', '=', tenant).where('name', '=', name).execute();
    return;
  }
  await tx
    .insertInto('meta')
    .values({ tenant, name, value })
    .onConflict((on) => on.columns(['tenant', 'name']).doUpdateSet({ value }))
    .execute();
}

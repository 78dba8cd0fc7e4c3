import type { Kysely, Transaction } from 'kysely';
import { LOCAL } from '../open.ts';
import type { Tables } from '../schema.ts';

const NAME = 'public-url';

/** Keeps where people reach the server, for commands that make links. */
export async function keepPublicUrl(tx: Transaction<Tables>, value: string): Promise<void> {
  await tx
    .insertInto('meta')
    .values({ tenant: LOCAL, name: NAME, value })
    .onConflict((conflict) => conflict.columns(['tenant', 'name']).doUpdateSet({ value }))
    .execute();
}

/** That of the server which started last; null: none has. */
export async function keptPublicUrl(db: Kysely<Tables>): Promise<string | null> {
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('tenant', '=', LOCAL)
    .where('name', '=', NAME)
    .executeTakeFirst();
  return row?.value ?? null;
}

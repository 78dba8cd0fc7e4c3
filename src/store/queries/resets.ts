import type { Kysely, Transaction } from 'kysely';
import type { AuthResetRow } from '../auth-schema.ts';
import { LOCAL } from '../open.ts';
import type { Tables } from '../schema.ts';
import { organizationsOf } from './people.ts';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

/** Makes a link the only one of its person. */
export async function keepReset(tx: Tx, row: AuthResetRow): Promise<void> {
  await tx
    .insertInto('auth_resets')
    .values(row)
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
    .execute();
}

/**
 * Whether an organisation may let a person choose a new password: whoever holds the link becomes that
 * person everywhere. The installation's own may do it for its members, another only for who belongs
 * to no other.
 */
export async function mayReset(db: Db, organization: string, user: string): Promise<boolean> {
  const all = await organizationsOf(db, user);
  return all.some(({ id }) => id === organization) && (organization === LOCAL || all.length === 1);
}

/** A link that may be used now; null: there is none, or its person has come to belong elsewhere. */
export async function openReset(db: Db, hash: string, now: number): Promise<AuthResetRow | null> {
  const row = await db
    .selectFrom('auth_resets')
    .selectAll()
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { organization, user_id: user } = row;
  return organization === null || (await mayReset(db, organization, user)) ? row : null;
}

/** Uses a link up: of two that hold it only one gets true. */
export async function useReset(tx: Tx, hash: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('auth_resets')
    .where('hash', '=', hash)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

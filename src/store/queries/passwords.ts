import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

type Tx = Transaction<Tables>;

/** False: that person signs in by their company alone. */
export async function hasPassword(db: Kysely<Tables>, user: string): Promise<boolean> {
  const row = await db
    .selectFrom('auth_accounts')
    .select('id')
    .where('user_id', '=', user)
    .where('provider_id', '=', 'credential')
    .executeTakeFirst();
  return row !== undefined;
}

/** Sets a password, hashed, also of who had none; all sessions, and sign-ins half done, end. */
export async function setPassword(
  tx: Tx,
  user: string,
  { password, at }: { readonly password: string; readonly at: number },
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('auth_accounts')
    .set({ password, updated_at: at })
    .where('user_id', '=', user)
    .where('provider_id', '=', 'credential')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) await addPassword(tx, user, { password, at });
  await endSignIns(tx, user);
}

/** Takes a password away; all sessions, and sign-ins half done, end. */
export async function dropPassword(tx: Tx, user: string): Promise<void> {
  await tx
    .deleteFrom('auth_accounts')
    .where('user_id', '=', user)
    .where('provider_id', '=', 'credential')
    .execute();
  await endSignIns(tx, user);
}

async function endSignIns(tx: Tx, user: string): Promise<void> {
  await tx.deleteFrom('auth_sessions').where('user_id', '=', user).execute();
  await endHalfSignIns(tx, user);
}

/** Ends sign-ins half done: who has proved the old password waits there for a code. */
export async function endHalfSignIns(tx: Tx, user: string): Promise<void> {
  await tx.deleteFrom('auth_verifications').where('value', '=', user).execute();
}

/** Gives a person their first password, hashed. */
export async function addPassword(
  tx: Tx,
  user: string,
  { password, at }: { readonly password: string; readonly at: number },
): Promise<void> {
  await tx
    .insertInto('auth_accounts')
    .values({
      ...{ id: randomUUID(), account_id: user, provider_id: 'credential', user_id: user, password },
      ...{ access_token: null, refresh_token: null, id_token: null, scope: null },
      ...{ access_token_expires_at: null, refresh_token_expires_at: null },
      ...{ created_at: at, updated_at: at },
    })
    .execute();
}

export async function switchSecondFactorOff(tx: Tx, user: string): Promise<void> {
  await tx.deleteFrom('auth_two_factors').where('user_id', '=', user).execute();
  await tx.updateTable('auth_users').set({ two_factor: 0 }).where('id', '=', user).execute();
}

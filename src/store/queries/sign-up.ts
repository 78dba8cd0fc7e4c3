import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import { LOCAL } from '../open.ts';
import type { Tables } from '../schema.ts';
import { keepMeta, metaOf } from './meta.ts';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

const NAME = 'sign-up';
const kept = z.object({ hash: z.string(), until: z.number() });

/** Whether the installation has an admin; until then the link of the first start may be used. */
export async function hasAdmin(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('auth_members')
    .select('user_id')
    .where('organization', '=', LOCAL)
    .where('role', '=', 'admin')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Makes a link the only one that may be used; `hash` is the SHA-256 of its token, hex. */
export async function keepSignUp(
  tx: Tx,
  link: { readonly hash: string; readonly until: number },
): Promise<void> {
  await keepMeta(tx, LOCAL, NAME, JSON.stringify(link));
}

/** Whether a token's link may be used now. */
export async function signUpIsOpen(db: Db, hash: string, now: number): Promise<boolean> {
  const value = await metaOf(db, LOCAL, NAME);
  if (value === null || (await hasAdmin(db))) return false;
  const link = kept.parse(JSON.parse(value));
  return link.hash === hash && link.until > now;
}

/** Uses the link up: of two that hold it only one gets true. */
export async function useSignUp(tx: Tx, hash: string, now: number): Promise<boolean> {
  if (!(await signUpIsOpen(tx, hash, now))) return false;
  const { numDeletedRows } = await tx
    .deleteFrom('meta')
    .where('tenant', '=', LOCAL)
    .where('name', '=', NAME)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { AuthInvitationRow, AuthOrganizationRow, AuthUserRow } from '../auth-schema.ts';
import type { Tables } from '../schema.ts';
import { revokeKeysOf } from './api-keys.ts';
import { addPassword, dropPassword, hasPassword, switchSecondFactorOff } from './passwords.ts';
import { oneAtATime, withinQuota } from './quotas.ts';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

/** Somebody who belongs to an organisation. */
export interface Member {
  /** Of the person. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
  readonly twoFactor: boolean;
  readonly since: number;
}

/** Sorted by e-mail, from the one after `after`. */
export async function memberList(
  db: Db,
  tenant: string,
  { limit, after = '' }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly Member[]> {
  const rows = await memberRows(db, tenant)
    .where('auth_users.email', '>', after)
    .orderBy('auth_users.email')
    .limit(limit)
    .execute();
  return rows.map(memberOf);
}

export async function memberById(db: Db, tenant: string, user: string): Promise<Member | null> {
  const row = await memberRows(db, tenant).where('auth_users.id', '=', user).executeTakeFirst();
  return row === undefined ? null : memberOf(row);
}

function memberRows(db: Db, tenant: string) {
  return db
    .selectFrom('auth_members')
    .innerJoin('auth_users', 'auth_users.id', 'auth_members.user_id')
    .select([
      'auth_users.id as id',
      'auth_users.name as name',
      'auth_users.email as email',
      'auth_users.two_factor as two_factor',
      'auth_members.role as role',
      'auth_members.created_at as since',
    ])
    .where('auth_members.organization', '=', tenant);
}

function memberOf({
  two_factor: flag,
  ...row
}: Omit<Member, 'twoFactor'> & { two_factor: number | null }) {
  return { ...row, twoFactor: flag === 1 };
}

/** `last`: it would have left the organisation without an admin. */
export type Changed = 'done' | 'unknown' | 'last';

export async function changeRole(
  tx: Tx,
  tenant: string,
  user: string,
  role: string,
): Promise<Changed> {
  await lockMembers(tx, tenant);
  if (role !== 'admin' && (await isLastAdmin(tx, tenant, user))) return 'last';
  const { numUpdatedRows } = await tx
    .updateTable('auth_members')
    .set({ role })
    .where('organization', '=', tenant)
    .where('user_id', '=', user)
    .executeTakeFirst();
  return numUpdatedRows > 0n ? 'done' : 'unknown';
}

/**
 * Takes somebody out of an organisation, and their sessions and API keys there: who belongs to no other
 * one is gone altogether.
 */
export async function removeMember(
  tx: Tx,
  tenant: string,
  user: string,
  at: number,
): Promise<Changed> {
  await lockMembers(tx, tenant);
  if (await isLastAdmin(tx, tenant, user)) return 'last';
  const { numDeletedRows } = await tx
    .deleteFrom('auth_members')
    .where('organization', '=', tenant)
    .where('user_id', '=', user)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return 'unknown';
  await tx
    .deleteFrom('auth_sessions')
    .where('user_id', '=', user)
    .where('organization', '=', tenant)
    .execute();
  await revokeKeysOf(tx, tenant, `user:${user}`, at);
  if ((await organizationsOf(tx, user)).length === 0) await removeUser(tx, user);
  return 'done';
}

async function removeUser(tx: Tx, user: string): Promise<void> {
  const tables = ['auth_sessions', 'auth_accounts', 'auth_two_factors', 'auth_resets'] as const;
  for (const table of tables) {
    await tx.deleteFrom(table).where('user_id', '=', user).execute();
  }
  await tx.deleteFrom('auth_users').where('id', '=', user).execute();
}

/** Two changes of one organisation's members come one after the other. */
async function lockMembers(tx: Tx, tenant: string): Promise<void> {
  await tx
    .updateTable('auth_organizations')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', tenant)
    .execute();
}

async function isLastAdmin(tx: Tx, tenant: string, user: string): Promise<boolean> {
  const admins = await tx
    .selectFrom('auth_members')
    .select('user_id')
    .where('organization', '=', tenant)
    .where('role', '=', 'admin')
    .limit(2)
    .execute();
  return admins.length === 1 && admins[0]?.user_id === user;
}

/**
 * Takes an organisation away with all that let people into it: who belongs to no other one is gone
 * altogether. Resolves to how many people belonged to it.
 */
export async function removeOrganization(tx: Tx, id: string): Promise<number> {
  // first: who is accepting one meanwhile is a member by then, or is not let in
  await tx.deleteFrom('auth_invitations').where('organization', '=', id).execute();
  await lockMembers(tx, id);
  const members = await tx
    .deleteFrom('auth_members')
    .where('organization', '=', id)
    .returning('user_id')
    .execute();
  await tx.deleteFrom('auth_sessions').where('organization', '=', id).execute();
  await tx.deleteFrom('auth_resets').where('organization', '=', id).execute();
  await tx.deleteFrom('auth_organizations').where('id', '=', id).execute();
  for (const { user_id: user } of members) {
    if ((await organizationsOf(tx, user)).length === 0) await removeUser(tx, user);
  }
  return members.length;
}

/** What somebody is in a tenant; null: nothing. */
export async function roleOf(db: Db, tenant: string, user: string): Promise<string | null> {
  const row = await db
    .selectFrom('auth_members')
    .select('role')
    .where('organization', '=', tenant)
    .where('user_id', '=', user)
    .executeTakeFirst();
  return row?.role ?? null;
}

export interface Membership {
  readonly id: string;
  readonly name: string;
  readonly role: string;
}

/** Organisations of a person, the first joined first. */
export async function organizationsOf(db: Db, user: string): Promise<readonly Membership[]> {
  return db
    .selectFrom('auth_members')
    .innerJoin('auth_organizations', 'auth_organizations.id', 'auth_members.organization')
    .select(['auth_organizations.id as id', 'auth_organizations.name as name', 'auth_members.role'])
    .where('auth_members.user_id', '=', user)
    .orderBy('auth_members.created_at')
    .orderBy('auth_organizations.id')
    .execute();
}

/** All organisations of the installation, by id from the one after `after`. */
export async function organizationList(
  db: Db,
  { limit, after = '' }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly (AuthOrganizationRow & { readonly members: number })[]> {
  return db
    .selectFrom('auth_organizations')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('auth_members')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('auth_members.organization', '=', 'auth_organizations.id')
        .$castTo<{ count: number }>()
        .as('members'),
    )
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .$castTo<AuthOrganizationRow & { members: number }>()
    .execute();
}

export async function organizationById(db: Db, id: string): Promise<AuthOrganizationRow | null> {
  const query = db.selectFrom('auth_organizations').selectAll().where('id', '=', id);
  return (await query.executeTakeFirst()) ?? null;
}

export async function addOrganization(tx: Tx, row: AuthOrganizationRow): Promise<void> {
  await tx.insertInto('auth_organizations').values(row).execute();
}

export async function renameOrganization(tx: Tx, id: string, name: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('auth_organizations')
    .set({ name })
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function userByEmail(db: Db, email: string): Promise<AuthUserRow | null> {
  const query = db.selectFrom('auth_users').selectAll().where('email', '=', email);
  return (await query.executeTakeFirst()) ?? null;
}

export async function userById(db: Db, id: string): Promise<AuthUserRow | null> {
  const query = db.selectFrom('auth_users').selectAll().where('id', '=', id);
  return (await query.executeTakeFirst()) ?? null;
}

/** A person who signs in with a password. */
export interface NewUser {
  readonly name: string;
  readonly email: string;
  /** Hashed. */
  readonly password: string;
  readonly at: number;
  /** Whether the installation's own vouch that the address is theirs; who has it claims it, see `claimUser`. */
  readonly vouched?: boolean;
}

/** Resolves to the id of the person. */
export async function addUser(
  tx: Tx,
  { name, email, password, at, vouched = false }: NewUser,
): Promise<string> {
  const id = randomUUID();
  await tx
    .insertInto('auth_users')
    .values({
      ...{ id, name, email, email_verified: Number(vouched), image: null, two_factor: 0 },
      ...{ created_at: at, updated_at: at },
    })
    .execute();
  await addPassword(tx, id, { password, at });
  return id;
}

/**
 * Gives an account to who showed that its address is theirs. What an inviter of another organisation may
 * have set up in their name ends: password, second factor, sessions and links. Resolves to whether there
 * was any of that.
 */
export async function claimUser(tx: Tx, user: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('auth_users')
    .set({ email_verified: 1 })
    .where('id', '=', user)
    .where('email_verified', '=', 0)
    .executeTakeFirst();
  if (numUpdatedRows === 0n || !(await hasPassword(tx, user))) return false;
  await dropPassword(tx, user);
  await switchSecondFactorOff(tx, user);
  await tx.deleteFrom('auth_resets').where('user_id', '=', user).execute();
  return true;
}

/** Throws QUOTA. */
export async function addMember(
  tx: Tx,
  tenant: string,
  user: string,
  { role, at }: { readonly role: string; readonly at: number },
): Promise<void> {
  await withinQuota(tx, tenant, 'members', 1, at);
  await tx
    .insertInto('auth_members')
    .values({ organization: tenant, user_id: user, role, created_at: at })
    .onConflict((conflict) => conflict.columns(['organization', 'user_id']).doNothing())
    .execute();
}

/** Makes the organisation a session works in another one of its person's. */
export async function switchOrganization(
  tx: Tx,
  session: string,
  organization: string,
): Promise<void> {
  await tx.updateTable('auth_sessions').set({ organization }).where('id', '=', session).execute();
}

/** Those that can still be used, the newest first. */
export async function invitationList(
  db: Db,
  tenant: string,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<readonly AuthInvitationRow[]> {
  return db
    .selectFrom('auth_invitations')
    .selectAll()
    .where('organization', '=', tenant)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute();
}

/** A second invitation of the same person takes the place of the first. Throws QUOTA. */
export async function addInvitation(
  tx: Tx,
  tenant: string,
  row: Omit<AuthInvitationRow, 'organization'>,
): Promise<void> {
  await oneAtATime(tx, tenant);
  await tx
    .deleteFrom('auth_invitations')
    .where('organization', '=', tenant)
    .where((eb) => eb.or([eb('email', '=', row.email), eb('expires_at', '<=', row.created_at)]))
    .execute();
  await withinQuota(tx, tenant, 'members', 1, row.created_at);
  await tx
    .insertInto('auth_invitations')
    .values({ ...row, organization: tenant })
    .execute();
}

export async function removeInvitation(tx: Tx, tenant: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('auth_invitations')
    .where('organization', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** What the holder of a link may see of it. */
export async function invitationByHash(
  db: Db,
  hash: string,
  now: number,
): Promise<AuthInvitationRow | null> {
  const query = db
    .selectFrom('auth_invitations')
    .selectAll()
    .where('hash', '=', hash)
    .where('expires_at', '>', now);
  return (await query.executeTakeFirst()) ?? null;
}

export async function invitationsFor(
  db: Db,
  email: string,
  now: number,
): Promise<readonly AuthInvitationRow[]> {
  return db
    .selectFrom('auth_invitations')
    .selectAll()
    .where('email', '=', email)
    .where('expires_at', '>', now)
    .execute();
}

/** Ends all sessions of a person but one. */
export async function endOtherSessions(tx: Tx, user: string, session: string): Promise<void> {
  await tx
    .deleteFrom('auth_sessions')
    .where('user_id', '=', user)
    .where('id', '<>', session)
    .execute();
}

/** Takes away sessions, links for a new password, and what waited for a confirmation, that have ended. */
export async function removeExpired(tx: Tx, now: number): Promise<void> {
  for (const table of ['auth_sessions', 'auth_verifications', 'auth_resets'] as const) {
    await tx.deleteFrom(table).where('expires_at', '<=', now).execute();
  }
}

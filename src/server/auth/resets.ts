import { hashPassword } from 'better-auth/crypto';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import { problem } from '../../model/errors.ts';
import type { AuthResetRow } from '../../store/auth-schema.ts';
import { LOCAL } from '../../store/open.ts';
import { note } from '../../store/queries/audit-log.ts';
import { hasPassword, setPassword, switchSecondFactorOff } from '../../store/queries/passwords.ts';
import { memberById, organizationsOf, userByEmail, userById } from '../../store/queries/people.ts';
import { keepReset, mayReset, openReset, useReset } from '../../store/queries/resets.ts';
import type { Tables } from '../../store/schema.ts';
import { type Coming, deadLink, newPassword, token } from './links.ts';
import { hashOf, newSecret } from './secrets.ts';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

/** How long a link for a new password may be used. */
const RESET_MS = 60 * 60 * 1000;

export const showResetBody = z.object({ token });
export const resetBody = z.object({ token, password: newPassword });

export interface ResetAsked {
  /** Whether using it switches the second factor off. */
  readonly secondFactor: boolean;
  /** Of the audit log. */
  readonly actor: string;
  readonly publicUrl: string;
  readonly now: number;
}

export interface ResetLink {
  readonly url: string;
  /** ms. */
  readonly expiresAt: number;
}

/** A link for a member of an organisation; the one before ends. Throws API_NOT_FOUND, AUTH_RESET. */
export async function memberReset(
  tx: Tx,
  tenant: string,
  user: string,
  asked: ResetAsked,
): Promise<ResetLink> {
  const member = await memberById(tx, tenant, user);
  if (member === null) throw problem('API_NOT_FOUND', { what: 'member', value: user });
  const { email } = member;
  if (!(await mayReset(tx, tenant, user))) {
    const reason = 'they belong to another organisation too';
    throw problem('AUTH_RESET', { value: email, problem: reason });
  }
  if (!(await hasPassword(tx, user))) {
    const reason = 'they sign in by their company and have no password';
    throw problem('AUTH_RESET', { value: email, problem: reason });
  }
  return keepLink(tx, { user, organization: tenant }, asked);
}

/**
 * A link for anybody, for who runs the server: also for who belongs to several organisations, and for
 * who has no password yet. Notes it in the audit log. Throws API_NOT_FOUND.
 */
export async function hostReset(tx: Tx, email: string, asked: ResetAsked): Promise<ResetLink> {
  const person = await userByEmail(tx, email.trim().toLowerCase());
  if (person === null) throw problem('API_NOT_FOUND', { what: 'person', value: email });
  const { actor, now: at, secondFactor } = asked;
  const deed = { action: 'member.reset', subject: person.id, detail: { secondFactor } };
  await note(tx, await logOf(tx, person.id), { ...deed, at, actor, source: null });
  return keepLink(tx, { user: person.id, organization: null }, asked);
}

async function keepLink(
  tx: Tx,
  { user, organization }: { readonly user: string; readonly organization: string | null },
  { secondFactor, actor, publicUrl, now }: ResetAsked,
): Promise<ResetLink> {
  const secret = newSecret();
  const expiresAt = now + RESET_MS;
  await keepReset(tx, {
    ...{ user_id: user, hash: hashOf(secret), organization, second_factor: Number(secondFactor) },
    ...{ created_at: now, created_by: actor, expires_at: expiresAt },
  });
  return { url: `${publicUrl}/reset?token=${secret}`, expiresAt };
}

/** The organisation whose log tells of a person: the one they joined first. */
async function logOf(db: Db, user: string): Promise<string> {
  const [first] = await organizationsOf(db, user);
  return first?.id ?? LOCAL;
}

/** What a link's page says. */
export interface ShownReset {
  readonly email: string;
  /** Whether the second factor ends with the old password. */
  readonly secondFactor: boolean;
}

/** Throws AUTH_LINK. */
export async function showReset({ store, now }: Coming, secret: string): Promise<ShownReset> {
  return store.read(async (db) => {
    const { reset, email } = await opened(db, hashOf(secret), now);
    return { email, secondFactor: reset.second_factor === 1 };
  });
}

async function opened(
  db: Db,
  hash: string,
  now: number,
): Promise<{ readonly reset: AuthResetRow; readonly email: string }> {
  const reset = await openReset(db, hash, now);
  const person = reset === null ? null : await userById(db, reset.user_id);
  if (reset === null || person === null) throw deadLink();
  return { reset, email: person.email };
}

/** Gives whose link it is a new password, and ends their sessions. Resolves to whose. Throws AUTH_LINK. */
export async function usePasswordReset(
  { store, now, source }: Coming,
  asked: z.output<typeof resetBody>,
): Promise<{ readonly user: string; readonly email: string }> {
  const hash = hashOf(asked.token);
  // before the work of hashing a password, which anybody could ask for
  await store.read((db) => opened(db, hash, now));
  const password = await hashPassword(asked.password);
  return store.write(async (tx) => {
    const { reset, email } = await opened(tx, hash, now);
    if (!(await useReset(tx, hash))) throw deadLink();
    const { user_id: user, organization, second_factor: factor } = reset;
    await setPassword(tx, user, { password, at: now });
    if (factor === 1) await switchSecondFactorOff(tx, user);
    const deed = { action: 'password.reset', detail: { secondFactor: factor === 1 } };
    const tenant = organization ?? (await logOf(tx, user));
    await note(tx, tenant, { ...deed, at: now, actor: `user:${user}`, subject: user, source });
    return { user, email };
  });
}

import { hashPassword } from 'better-auth/crypto';
import { z } from 'zod';
import { problem } from '../../model/errors.ts';
import type { Store } from '../../store/open.ts';
import { LOCAL } from '../../store/open.ts';
import { note } from '../../store/queries/audit-log.ts';
import {
  addMember,
  addOrganization,
  addUser,
  invitationByHash,
  organizationById,
  removeInvitation,
  userByEmail,
} from '../../store/queries/people.ts';
import { oneAtATime } from '../../store/queries/quotas.ts';
import { hasAdmin, keepSignUp, signUpIsOpen, useSignUp } from '../../store/queries/sign-up.ts';
import { MAX_PASSWORD, MIN_PASSWORD } from './library.ts';
import { hashOf, newSecret } from './secrets.ts';

/** How long the link of the first start may be used. */
export const SIGN_UP_MS = 24 * 60 * 60 * 1000;

export const token = z.string().min(1).max(100);
const name = z.string().trim().min(1).max(100);
export const newPassword = z.string().min(MIN_PASSWORD).max(MAX_PASSWORD);

/** E-mail addresses are one person's whatever their case. */
export const emailAddress = z.string().trim().toLowerCase().pipe(z.email().max(254));

export const signUpBody = z.object({ token, name, email: emailAddress, password: newPassword });
export const acceptBody = z.object({
  token,
  name: name.optional(),
  password: newPassword.optional(),
});

/** The link of the first start; null: there is an admin, who invites. Older links end with it. */
export async function newSignUpLink(
  store: Store,
  publicUrl: string,
  now: number,
): Promise<string | null> {
  const secret = newSecret();
  return store.write(async (tx) => {
    if (await hasAdmin(tx)) return null;
    await keepSignUp(tx, { hash: hashOf(secret), until: now + SIGN_UP_MS });
    return `${publicUrl}/signup?token=${secret}`;
  });
}

export interface Coming {
  readonly store: Store;
  readonly now: number;
  readonly source: string | null;
}

/** Makes the first person of an installation its admin. Throws AUTH_LINK, API_CONFLICT. */
export async function signUp(
  { store, now, source }: Coming,
  asked: z.output<typeof signUpBody>,
): Promise<void> {
  const hash = hashOf(asked.token);
  // before the work of hashing a password, which anybody could ask for
  if (!(await store.read((db) => signUpIsOpen(db, hash, now)))) throw deadLink();
  const hashed = await hashPassword(asked.password);
  await store.write(async (tx) => {
    if (!(await useSignUp(tx, hash, now))) throw deadLink();
    const { email } = asked;
    if ((await userByEmail(tx, email)) !== null) {
      throw problem('API_CONFLICT', { what: 'person', value: email });
    }
    if ((await organizationById(tx, LOCAL)) === null) {
      await addOrganization(tx, { id: LOCAL, name: 'Postern', created_at: now });
    }
    const user = await addUser(tx, {
      ...{ name: asked.name, email, password: hashed, at: now, vouched: true },
    });
    await addMember(tx, LOCAL, user, { role: 'admin', at: now });
    const action = 'user.sign-up';
    await note(tx, LOCAL, { at: now, actor: `user:${user}`, action, subject: user, source });
  });
}

/** What an invitation's page says. */
export interface ShownInvitation {
  readonly organization: string;
  readonly email: string;
  readonly role: string;
  /** Whether that person has an account already, and is to sign in. */
  readonly known: boolean;
}

/** Throws AUTH_LINK. */
export async function showInvitation(
  { store, now }: Coming,
  secret: string,
): Promise<ShownInvitation> {
  return store.read(async (db) => {
    const invitation = await invitationByHash(db, hashOf(secret), now);
    if (invitation === null) throw deadLink();
    const { email, role } = invitation;
    const organization = await organizationById(db, invitation.organization);
    const known = (await userByEmail(db, email)) !== null;
    return { organization: organization?.name ?? invitation.organization, email, role, known };
  });
}

/**
 * Makes the invited person a member: a new one with name and password, a known one (`user`) who is
 * signed in. Throws AUTH_LINK, API_INVALID, API_SIGN_IN.
 */
export async function acceptInvitation(
  { store, now, source }: Coming,
  asked: z.output<typeof acceptBody>,
  user: string | null,
): Promise<void> {
  const hash = hashOf(asked.token);
  const known = (await showInvitation({ store, now, source }, asked.token)).known;
  if (!known && (asked.name === undefined || asked.password === undefined)) {
    throw problem('API_INVALID', { where: 'the body', problem: 'it needs a name and a password' });
  }
  const hashed = known ? '' : await hashPassword(asked.password ?? '');
  await store.write(async (tx) => {
    const invitation = await invitationByHash(tx, hash, now);
    if (invitation === null) throw deadLink();
    const { id, organization: tenant, email, role } = invitation;
    // as those do it who invite: the other way round each would wait for the other
    await oneAtATime(tx, tenant);
    if (!(await removeInvitation(tx, tenant, id))) throw deadLink();
    const person = await userByEmail(tx, email);
    // somebody known who is gone by now has named no password
    const mayNot = person === null ? known : person.id !== user;
    if (mayNot) {
      throw problem('API_SIGN_IN', { value: 'the invitation', problem: `${email} is not` });
    }
    // another organisation's admins have the link that they make for somebody in their own hands
    const vouched = tenant === LOCAL;
    const fresh = { name: asked.name ?? '', email, password: hashed, at: now, vouched };
    const member = person?.id ?? (await addUser(tx, fresh));
    await addMember(tx, tenant, member, { role, at: now });
    const action = 'invitation.accept';
    const actor = `user:${member}`;
    await note(tx, tenant, { at: now, actor, action, subject: id, detail: { role }, source });
  });
}

export function deadLink() {
  return problem('AUTH_LINK', { problem: 'it has been used, has expired or is not whole' });
}

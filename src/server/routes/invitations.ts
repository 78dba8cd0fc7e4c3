import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Transaction } from 'kysely';
import { problem } from '../../model/errors.ts';
import type { AuthInvitationRow } from '../../store/auth-schema.ts';
import {
  addInvitation,
  invitationList,
  removeInvitation,
  roleOf,
  userByEmail,
} from '../../store/queries/people.ts';
import { isoOf } from '../../store/rows.ts';
import type { Tables } from '../../store/schema.ts';
import { hashOf, newSecret } from '../auth/secrets.ts';
import { ROLES } from '../caller.ts';
import { type Route, route } from '../route.ts';

const tag = 'Members';
/** Invitations that are open at once; more than these are a mistake. */
const MOST = 500;
const LASTS_MS = 7 * 24 * 60 * 60 * 1000;
const access = { role: 'admin', scope: 'admin' } as const;
const role = z.enum(ROLES);

const invitation = z
  .object({
    id: z.string(),
    email: z.string(),
    role,
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .openapi('Invitation');

export const invitationBody = z.object({
  email: z.string().trim().toLowerCase().pipe(z.email().max(254)),
  role,
});

export const newInvitation = invitation
  .extend({ link: z.string().describe('To be sent to that person. It is shown this once.') })
  .openapi('NewInvitation');

type Row = Omit<AuthInvitationRow, 'organization'>;

function shown(row: Row): z.input<typeof invitation> {
  return {
    ...{ id: row.id, email: row.email, role: role.parse(row.role) },
    createdAt: isoOf(row.created_at),
    expiresAt: isoOf(row.expires_at),
  };
}

/** An invitation to be kept, and what is answered of it. */
export function makeInvitation(
  { email, role: asked }: z.output<typeof invitationBody>,
  { actor, publicUrl, now }: { actor: string; publicUrl: string; now: number },
): { readonly row: Row; readonly answer: z.input<typeof newInvitation> } {
  const secret = newSecret();
  const row = {
    ...{ id: randomUUID(), email, role: asked, hash: hashOf(secret) },
    ...{ created_at: now, created_by: actor, expires_at: now + LASTS_MS },
  };
  return { row, answer: { ...shown(row), link: `${publicUrl}/invite?token=${secret}` } };
}

/** Throws API_CONFLICT: that person is a member already. */
export async function invite(tx: Transaction<Tables>, tenant: string, row: Row): Promise<void> {
  const known = await userByEmail(tx, row.email);
  if (known !== null && (await roleOf(tx, tenant, known.id)) !== null) {
    throw problem('API_CONFLICT', { what: 'member', value: row.email });
  }
  await addInvitation(tx, tenant, row);
}

const listRoute = route({
  method: 'get',
  path: '/invitations',
  tag,
  summary: 'Invitations that can still be used, the newest first.',
  access,
  answer: z.object({ items: z.array(invitation) }),
  handle: async ({ mine, now }) => {
    const rows = await mine.ask(invitationList, { now, limit: MOST });
    return { items: rows.map(shown) };
  },
});

const createRoute = route({
  method: 'post',
  path: '/invitations',
  tag,
  summary: 'Invites somebody by a link that can be used once, for a week.',
  access,
  body: invitationBody,
  answer: newInvitation,
  status: 201,
  handle: async ({ mine, body, caller: { actor }, service: { publicUrl }, now }) => {
    const { row, answer } = makeInvitation(body, { actor, publicUrl, now });
    await mine.change({ action: 'invitation.create', subject: row.id, detail: body }, invite, row);
    return answer;
  },
});

const removeRoute = route({
  method: 'delete',
  path: '/invitations/{id}',
  tag,
  summary: 'Takes an invitation back: its link is worth nothing any more.',
  access,
  params: z.object({ id: z.uuid() }),
  answer: z.object({}),
  handle: async ({ mine, params: { id } }) => {
    await mine.change({ action: 'invitation.remove', subject: id }, async (tx, tenant) => {
      if (await removeInvitation(tx, tenant, id)) return;
      throw problem('API_NOT_FOUND', { what: 'invitation', value: id });
    });
    return {};
  },
});

export const invitationRoutes: readonly Route[] = [listRoute, createRoute, removeRoute];

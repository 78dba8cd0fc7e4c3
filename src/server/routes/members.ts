import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import {
  type Changed,
  changeRole,
  type Member,
  memberById,
  memberList,
  removeMember,
} from '../../store/queries/people.ts';
import { isoOf } from '../../store/rows.ts';
import { memberReset } from '../auth/resets.ts';
import { ROLES } from '../caller.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const tag = 'Members';
const role = z.enum(ROLES);
const params = z.object({ id: z.uuid() });
const place = z.string();

const member = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role,
    twoFactor: z.boolean().describe('Whether they sign in with a second factor.'),
    since: z.iso.datetime(),
  })
  .openapi('Member');

function shown({ since, ...one }: Member): z.input<typeof member> {
  return { ...one, role: role.parse(one.role), since: isoOf(since) };
}

function there(found: Member | null, id: string): Member {
  if (found === null) throw problem('API_NOT_FOUND', { what: 'member', value: id });
  return found;
}

/** Throws what kept a change from being made. */
function held(changed: Changed, id: string): void {
  if (changed === 'unknown') throw problem('API_NOT_FOUND', { what: 'member', value: id });
  if (changed === 'last') throw problem('AUTH_LAST_ADMIN', { value: id });
}

const listRoute = route({
  method: 'get',
  path: '/members',
  tag,
  summary: 'People of this organisation, by e-mail address.',
  access: { role: 'viewer', scope: 'read' },
  query: z.object({ limit, cursor: cursor(place) }),
  answer: pageOf(member),
  handle: async ({ mine, query }) => {
    const rows = await mine.ask(memberList, { limit: query.limit + 1, after: query.cursor });
    return pageFrom(rows, {
      limit: query.limit,
      itemOf: shown,
      place,
      placeOf: ({ email }) => email,
    });
  },
});

const changeRoute = route({
  method: 'patch',
  path: '/members/{id}',
  tag,
  summary: 'Gives a member another role. The last admin stays one.',
  access: { role: 'admin', scope: 'admin' },
  params,
  body: z.object({ role }),
  answer: member,
  handle: async ({ mine, params: { id }, body }) => {
    const deed = { action: 'member.role', subject: id, detail: { role: body.role } };
    await mine.change(deed, async (tx, tenant) =>
      held(await changeRole(tx, tenant, id, body.role), id),
    );
    return shown(there(await mine.ask(memberById, id), id));
  },
});

const removeRoute = route({
  method: 'delete',
  path: '/members/{id}',
  tag,
  summary: 'Takes somebody out of this organisation: their sessions and API keys here end.',
  access: { role: 'admin', scope: 'admin' },
  params,
  answer: z.object({}),
  handle: async ({ mine, params: { id }, now }) => {
    const { email } = there(await mine.ask(memberById, id), id);
    const deed = { action: 'member.remove', subject: id, detail: { email } };
    await mine.change(deed, async (tx, tenant) =>
      held(await removeMember(tx, tenant, id, now), id),
    );
    return {};
  },
});

const resetRoute = route({
  method: 'post',
  path: '/members/{id}/reset',
  tag,
  summary: 'Makes a link by which a member chooses a new password, once, within an hour.',
  access: { role: 'admin', scope: 'admin' },
  params,
  body: z.object({
    secondFactor: z
      .boolean()
      .default(false)
      .describe('Whether using it switches the second factor off as well.'),
  }),
  answer: z
    .object({
      url: z.string().describe('To be given to that person. It is shown this once.'),
      expiresAt: z.iso.datetime(),
    })
    .openapi('PasswordLink'),
  status: 201,
  handle: async ({
    mine,
    params: { id },
    body,
    caller: { actor },
    service: { publicUrl },
    now,
  }) => {
    const deed = { action: 'member.reset', subject: id, detail: body };
    const asked = { ...body, actor, publicUrl, now };
    const { url, expiresAt } = await mine.change(deed, memberReset, id, asked);
    return { url, expiresAt: isoOf(expiresAt) };
  },
});

export const memberRoutes: readonly Route[] = [listRoute, changeRoute, removeRoute, resetRoute];

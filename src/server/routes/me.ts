import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import { note } from '../../store/queries/audit-log.ts';
import {
  endOtherSessions,
  organizationById,
  organizationsOf,
  switchOrganization,
  userById,
} from '../../store/queries/people.ts';
import { type Caller, ROLES, SCOPES } from '../caller.ts';
import { type Route, route } from '../route.ts';

const role = z.enum(ROLES);
const organization = z.object({ id: z.string(), name: z.string() });
const person = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  twoFactor: z.boolean(),
  organizations: z.array(organization.extend({ role })),
});

/** The person who asks. Throws API_FORBIDDEN for a key. */
export function personOf(caller: Caller, value: string): NonNullable<Caller['session']> {
  if (caller.session !== undefined) return caller.session;
  throw problem('API_FORBIDDEN', { value, what: 'key' });
}

const access = { role: 'viewer', scope: 'read' } as const;

const meRoute = route({
  method: 'get',
  path: '/me',
  tag: 'Me',
  summary: 'Who asks, and what they may do.',
  access,
  answer: z
    .object({
      name: z.string(),
      role: role.describe('In this organisation.'),
      scopes: z.array(z.enum(SCOPES)),
      organization,
      person: person.nullable().describe('null: an API key asks.'),
    })
    .openapi('Me'),
  handle: async ({ caller, mine }) => {
    const { session, name } = caller;
    const own = await mine.ask(organizationById);
    return {
      ...{ name, role: caller.role, scopes: [...caller.scopes] },
      organization: { id: caller.tenant, name: own?.name ?? caller.tenant },
      person: session === undefined ? null : await mine.ask(shownPerson, session.user),
    };
  },
});

async function shownPerson(
  db: Parameters<typeof userById>[0],
  _tenant: string,
  id: string,
): Promise<z.input<typeof person> | null> {
  const user = await userById(db, id);
  if (user === null) return null;
  const { name, email, two_factor: twoFactor } = user;
  const organizations = await organizationsOf(db, id);
  const all = organizations.map((one) => ({ ...one, role: role.parse(one.role) }));
  return { id, name, email, twoFactor: twoFactor === 1, organizations: all };
}

const switchRoute = route({
  method: 'put',
  path: '/me/organization',
  tag: 'Me',
  summary: 'Goes on in another organisation of the person who is signed in.',
  access,
  body: z.object({ id: z.string().max(100) }),
  answer: organization,
  handle: async ({ caller, mine, source, body: { id }, now }) => {
    const { user, id: session } = personOf(caller, 'PUT /me/organization');
    const all = await mine.ask((db) => organizationsOf(db, user));
    const found = all.find((one) => one.id === id);
    if (found === undefined) throw problem('API_NOT_FOUND', { what: 'organisation', value: id });
    const deed = { action: 'session.switch', subject: user, detail: { to: id } };
    await mine.change(deed, async (tx) => {
      await switchOrganization(tx, session, id);
      // who comes in stands in the log of where they come in
      const came = { action: 'session.create', subject: user, detail: { by: 'switch' } };
      await note(tx, id, { ...came, at: now, actor: caller.actor, source });
    });
    return { id, name: found.name };
  },
});

const endSessionsRoute = route({
  method: 'delete',
  path: '/me/sessions',
  tag: 'Me',
  summary: 'Ends all other sessions of the person who is signed in.',
  access,
  answer: z.object({}),
  handle: async ({ caller, mine }) => {
    const { user, id } = personOf(caller, 'DELETE /me/sessions');
    const deed = { action: 'session.end-others', subject: user };
    await mine.change(deed, (tx) => endOtherSessions(tx, user, id));
    return {};
  },
});

export const meRoutes: readonly Route[] = [meRoute, switchRoute, endSessionsRoute];

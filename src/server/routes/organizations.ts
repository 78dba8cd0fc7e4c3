import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import { problem } from '../../model/errors.ts';
import { LOCAL } from '../../store/open.ts';
import { endTenant } from '../../store/queries/ended-tenants.ts';
import {
  addOrganization,
  organizationById,
  organizationList,
  removeOrganization,
  renameOrganization,
} from '../../store/queries/people.ts';
import { isoOf } from '../../store/rows.ts';
import type { Tables } from '../../store/schema.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { invitationBody, invite, makeInvitation, newInvitation } from './invitations.ts';

const tag = 'Organisations';
const access = { role: 'admin', scope: 'admin', installation: true } as const;
const name = z.string().trim().min(1).max(100);
const id = z.union([z.uuid(), z.literal('local')]);
const place = z.string();

const organization = z
  .object({
    id: id.describe('"local" is that of the installation.'),
    name: z.string(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Organization');

const listRoute = route({
  method: 'get',
  path: '/organizations',
  tag,
  summary: 'All organisations of the installation.',
  access,
  query: z.object({ limit, cursor: cursor(place) }),
  answer: pageOf(organization.extend({ members: z.int() })),
  handle: async ({ mine, query }) => {
    const asked = { limit: query.limit + 1, after: query.cursor };
    const rows = await mine.ask((db) => organizationList(db, asked));
    return pageFrom(rows, {
      ...{ limit: query.limit, place, placeOf: (row) => row.id },
      itemOf: ({ created_at: at, ...row }) => ({ ...row, createdAt: isoOf(at) }),
    });
  },
});

const createRoute = route({
  method: 'post',
  path: '/organizations',
  tag,
  summary: 'Makes an organisation and invites its first admin.',
  access,
  body: z.object({ name, admin: invitationBody.shape.email }),
  answer: organization.extend({ invitation: newInvitation }),
  status: 201,
  handle: async ({ mine, body, caller: { actor }, service: { publicUrl }, now }) => {
    const made = { id: randomUUID(), name: body.name, created_at: now };
    const asked = { email: body.admin, role: 'admin' } as const;
    const { row, answer } = makeInvitation(asked, { actor, publicUrl, now });
    const deed = { action: 'organization.create', subject: made.id, detail: body };
    await mine.change(deed, async (tx) => {
      await addOrganization(tx, made);
      await invite(tx, made.id, row);
    });
    return { id: made.id, name: made.name, createdAt: isoOf(now), invitation: answer };
  },
});

const inviteRoute = route({
  method: 'post',
  path: '/organizations/{id}/invitations',
  tag,
  summary: 'Invites somebody into any organisation, such as an admin where none is left.',
  access,
  params: z.object({ id }),
  body: invitationBody,
  answer: newInvitation,
  status: 201,
  handle: async ({ mine, params, body, caller: { actor }, service: { publicUrl }, now }) => {
    const { row, answer } = makeInvitation(body, { actor, publicUrl, now });
    const detail = { ...body, invitation: row.id };
    await mine.change({ action: 'organization.invite', subject: params.id, detail }, async (tx) => {
      await checkOrganization(tx, params.id);
      await invite(tx, params.id, row);
    });
    return answer;
  },
});

const renameRoute = route({
  method: 'patch',
  path: '/organizations/{id}',
  tag,
  summary: 'Gives an organisation another name.',
  access,
  params: z.object({ id }),
  body: z.object({ name }),
  answer: z.object({ id: z.string(), name: z.string() }),
  handle: async ({ mine, params, body }) => {
    const deed = { action: 'organization.rename', subject: params.id, detail: body };
    await mine.change(deed, async (tx) => {
      if (!(await renameOrganization(tx, params.id, body.name))) throw unknown(params.id);
    });
    return { id: params.id, name: body.name };
  },
});

const deleteRoute = route({
  method: 'delete',
  path: '/organizations/{id}',
  tag,
  summary: 'Deletes an organisation with all it has, for good.',
  access,
  params: z.object({ id }),
  query: z.object({ name: name.describe('Its name, so that no other one is meant.') }),
  answer: z.object({ id: z.string() }),
  handle: async ({ mine, params, query, caller: { actor }, service, now }) => {
    if (params.id === LOCAL) throw invalid('id', 'that of the installation cannot be deleted');
    const deed = { action: 'organization.delete', subject: params.id, detail: query };
    await mine.change(deed, async (tx) => {
      const found = await organizationById(tx, params.id);
      if (found === null) throw unknown(params.id);
      if (found.name !== query.name) throw invalid('name', 'it is not the name of this one');
      await removeOrganization(tx, params.id);
      await endTenant(tx, params.id, { by: actor, now });
    });
    service.wakeJobs();
    return { id: params.id };
  },
});

/** What of another tenant is asked for or changed must be of one that there is. Throws API_NOT_FOUND. */
export async function checkOrganization(db: Kysely<Tables>, tenant: string): Promise<void> {
  if ((await organizationById(db, tenant)) === null) throw unknown(tenant);
}

function invalid(where: string, reason: string) {
  return problem('API_INVALID', { where, problem: reason });
}

function unknown(value: string) {
  return problem('API_NOT_FOUND', { what: 'organisation', value });
}

export const organizationRoutes: readonly Route[] = [
  listRoute,
  createRoute,
  inviteRoute,
  renameRoute,
  deleteRoute,
];

import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import {
  addApiKey,
  apiKeyById,
  apiKeyList,
  revokeApiKey,
  type ShownKey,
} from '../../store/queries/api-keys.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import { hashOf, KEY_PREFIX, newSecret } from '../auth/secrets.ts';
import { type Caller, ROLES, SCOPES } from '../caller.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import { personOf } from './me.ts';

const tag = 'API keys';
const access = { role: 'viewer', scope: 'read' } as const;
const LASTS_MS = 90 * 24 * 60 * 60 * 1000;
const role = z.enum(ROLES);
const scopes = z.array(z.enum(SCOPES));
const time = z.iso.datetime();
const place = z.string();

const key = z
  .object({
    id: z.string(),
    name: z.string(),
    role: role.describe('At most that of who made it, also when they lose it later.'),
    scopes,
    createdAt: time,
    createdBy: z.string().describe('As in the audit log.'),
    expiresAt: time.nullable(),
    usedAt: time.nullable().describe('To the minute; null: never.'),
    revokedAt: time.nullable(),
  })
  .openapi('ApiKey');

function shown(row: ShownKey): z.input<typeof key> {
  return {
    ...{ id: row.id, name: row.name, createdBy: row.created_by },
    role: role.parse(row.role),
    scopes: scopes.parse(JSON.parse(row.scopes)),
    createdAt: isoOf(row.created_at),
    expiresAt: isoOrNull(row.expires_at),
    usedAt: isoOrNull(row.used_at),
    revokedAt: isoOrNull(row.revoked_at),
  };
}

/** Admins see to all keys of the organisation, others to their own. */
function isMine({ role: own, actor }: Caller, createdBy: string): boolean {
  return own === 'admin' || createdBy === actor;
}

const listRoute = route({
  method: 'get',
  path: '/keys',
  tag,
  summary: 'API keys: for admins all of the organisation, for others their own.',
  access,
  query: z.object({ limit, cursor: cursor(place) }),
  answer: pageOf(key),
  handle: async ({ mine, query, caller }) => {
    const createdBy = caller.role === 'admin' ? undefined : caller.actor;
    const asked = { limit: query.limit + 1, after: query.cursor, createdBy };
    const rows = await mine.ask(apiKeyList, asked);
    return pageFrom(rows, { limit: query.limit, itemOf: shown, place, placeOf: ({ id }) => id });
  },
});

const createRoute = route({
  method: 'post',
  path: '/keys',
  tag,
  summary: 'Makes an API key. Only somebody who is signed in may; a key makes no keys.',
  access,
  body: z.object({
    name: z.string().trim().min(1).max(100),
    role: role.default('viewer'),
    scopes: scopes.min(1).default(['read']),
    expiresAt: time.nullable().optional().describe('Default in 90 days; null: never.'),
  }),
  answer: key.extend({ key: z.string().describe('It is shown this once.') }).openapi('NewApiKey'),
  status: 201,
  handle: async ({ mine, body, caller, now }) => {
    personOf(caller, 'POST /keys');
    if (ROLES.indexOf(body.role) > ROLES.indexOf(caller.role)) {
      throw problem('API_FORBIDDEN', { value: `a key of the role ${body.role}`, what: 'role' });
    }
    const ends = endOf(body.expiresAt, now);
    const secret = newSecret(KEY_PREFIX);
    const row = {
      ...{ id: randomUUID(), name: body.name, role: body.role, created_at: now },
      ...{ scopes: JSON.stringify([...new Set(body.scopes)]), created_by: caller.actor },
      ...{ expires_at: ends, used_at: null, revoked_at: null },
    };
    const detail = { name: body.name, role: body.role, scopes: body.scopes };
    const deed = { action: 'key.create', subject: row.id, detail };
    await mine.change(deed, addApiKey, { ...row, hash: hashOf(secret) });
    return { ...shown(row), key: secret };
  },
});

function endOf(asked: string | null | undefined, now: number): number | null {
  if (asked === null) return null;
  if (asked === undefined) return now + LASTS_MS;
  const ms = Date.parse(asked);
  if (ms > now) return ms;
  throw problem('API_INVALID', { where: 'expiresAt in the body', problem: `${asked} is over` });
}

const revokeRoute = route({
  method: 'delete',
  path: '/keys/{id}',
  tag,
  summary: 'Revokes an API key: within five seconds nobody gets in with it.',
  access,
  params: z.object({ id: z.uuid() }),
  answer: z.object({}),
  handle: async ({ mine, params: { id }, caller, now }) => {
    const found = await mine.ask(apiKeyById, id);
    if (found === null || !isMine(caller, found.created_by)) {
      throw problem('API_NOT_FOUND', { what: 'API key', value: id });
    }
    personOf(caller, 'DELETE /keys');
    await mine.change({ action: 'key.revoke', subject: id }, revokeApiKey, id, now);
    return {};
  },
});

export const apiKeyRoutes: readonly Route[] = [listRoute, createRoute, revokeRoute];

import { z } from '@hono/zod-openapi';
import type { Kysely, Transaction } from 'kysely';
import { problem } from '../../model/errors.ts';
import {
  askForName,
  claimCheck,
  grantById,
  grantByOperator,
  grantPage,
  noteCheck,
  removeGrant,
} from '../../store/queries/grants.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import type { Tables } from '../../store/schema.ts';
import type { GrantRow } from '../../store/service-schema.ts';
import { readGrantTarget, readProvableName } from '../grant-target.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import { proofOf, proofRecord } from '../prove.ts';
import { type Route, route } from '../route.ts';
import { checkOrganization } from './organizations.ts';

const TAG = 'Grants';
const MAX_TARGET = 300;

const time = z.iso.datetime();
const grant = z
  .object({
    id: z.uuid(),
    target: z.string().describe('A host name and all names below it, an address or a CIDR block.'),
    kind: z.enum(['name', 'network']),
    method: z
      .enum(['dns', 'operator'])
      .describe('How it is shown: by a DNS record, or by the word of an administrator.'),
    status: z
      .enum(['pending', 'granted', 'lapsed'])
      .describe('Only what is granted may be scanned; lapsed: its record is gone.'),
    record: z
      .object({ type: z.literal('TXT'), name: z.string(), value: z.string() })
      .nullable()
      .describe('The DNS record that proves it; it stays where it is.'),
    createdAt: time,
    createdBy: z.string(),
    provedAt: time.nullable().describe('When the record was last seen.'),
    checkedAt: time.nullable(),
    misses: z.int().describe('Checks in a row that did not find it.'),
  })
  .openapi('Grant');

const page = pageOf(grant).openapi('GrantPage');
const place = z.uuid();
const paging = z.object({ limit, cursor: cursor(place) });
const ofGrant = z.object({ grant: z.uuid() });
const ofTenant = z.object({ tenant: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });
const target = z.object({ target: z.string().min(1).max(MAX_TARGET) });
const removed = z.object({ removed: z.literal(true) });

function answerOf(row: GrantRow): z.input<typeof grant> {
  return {
    ...{ id: row.id, target: row.target, kind: row.kind, method: row.method, status: row.status },
    record: row.token === null ? null : { type: 'TXT', ...proofRecord(row) },
    createdAt: isoOf(row.created_at),
    createdBy: row.created_by,
    provedAt: isoOrNull(row.proved_at),
    checkedAt: isoOrNull(row.checked_at),
    misses: row.misses,
  };
}

function pageShown(rows: readonly GrantRow[], most: number): z.input<typeof page> {
  return pageFrom(rows, { limit: most, itemOf: answerOf, place, placeOf: ({ id }) => id });
}

/** The grant, or API_NOT_FOUND. */
function there<T>(value: T | null, id: string): T {
  if (value === null) throw problem('API_NOT_FOUND', { what: 'grant', value: id });
  return value;
}

async function remove(tx: Transaction<Tables>, tenant: string, id: string): Promise<void> {
  if (!(await removeGrant(tx, tenant, id))) there(null, id);
}

const listRoute = route({
  method: 'get',
  path: '/grants',
  tag: TAG,
  summary: 'What may be scanned, and what waits for its proof.',
  access: { role: 'viewer', scope: 'read' },
  query: paging,
  answer: page,
  handle: async ({ mine, query: { limit: most, cursor: after } }) =>
    pageShown(await mine.ask(grantPage, { limit: most + 1, after }), most),
});

const askRoute = route({
  method: 'post',
  path: '/grants',
  tag: TAG,
  summary: 'Asks for a name: the answer tells the DNS record that proves whose it is.',
  access: { role: 'operator', scope: 'settings' },
  body: target,
  answer: grant,
  status: 201,
  handle: async ({ mine, body, caller, now }) => {
    const name = readProvableName(body.target);
    const asked = { target: name, by: caller.actor, at: now };
    return answerOf(await mine.change({ action: 'grant.ask', subject: name }, askForName, asked));
  },
});

const checkRoute = route({
  method: 'post',
  path: '/grants/{grant}/check',
  tag: TAG,
  summary: 'Looks for the record now.',
  access: { role: 'operator', scope: 'settings' },
  params: ofGrant,
  answer: z
    .object({
      grant,
      found: z
        .enum(['proved', 'absent', 'unknown'])
        .describe('unknown: no name server could tell, which changes nothing.'),
      detail: z.string(),
    })
    .openapi('GrantCheck'),
  handle: async ({ mine, params, service, now }) => {
    const { grant: id } = params;
    const asked = there(await mine.ask(grantById, id), id);
    if (asked.method !== 'dns') {
      const reason = 'an administrator of the installation granted it: there is nothing to check';
      throw problem('API_INVALID', { where: 'grant in the path', problem: reason });
    }
    await mine.change({ action: 'grant.check', subject: asked.target }, claimCheck, id, now);
    const { evidence, detail } = await proofOf(asked, service.names);
    const after = await mine.change(
      { action: 'grant.checked', subject: asked.target, detail: { found: evidence } },
      noteCheck,
      ...([service.store.facts, id, evidence, now] as const),
    );
    return { grant: answerOf(there(after, id)), found: evidence, detail };
  },
});

const removeRoute = route({
  method: 'delete',
  path: '/grants/{grant}',
  tag: TAG,
  summary: 'Takes a grant away.',
  access: { role: 'operator', scope: 'settings' },
  params: ofGrant,
  answer: removed,
  handle: async ({ mine, params }) => {
    const { grant: id } = params;
    const detail = { target: there(await mine.ask(grantById, id), id).target };
    await mine.change({ action: 'grant.remove', subject: id, detail }, remove, id);
    return { removed: true as const };
  },
});

const installation = { role: 'admin', scope: 'admin', installation: true } as const;

const tenantListRoute = route({
  method: 'get',
  path: '/tenants/{tenant}/grants',
  tag: TAG,
  summary: 'What a tenant may have scanned.',
  access: installation,
  params: ofTenant,
  query: paging,
  answer: page,
  handle: async ({ mine, params: { tenant }, query: { limit: most, cursor: after } }) => {
    const ask = async (db: Kysely<Tables>) => {
      await checkOrganization(db, tenant);
      return grantPage(db, tenant, { limit: most + 1, after });
    };
    return pageShown(await mine.ask(ask), most);
  },
});

const tenantGrantRoute = route({
  method: 'post',
  path: '/tenants/{tenant}/grants',
  tag: TAG,
  summary: 'Grants a tenant a name or a network without a proof.',
  access: installation,
  params: ofTenant,
  body: target,
  answer: grant,
  status: 201,
  handle: async ({ mine, params: { tenant }, body, caller, now }) => {
    const asked = { ...readGrantTarget(body.target), by: caller.actor, at: now };
    const deed = { action: 'grant.give', subject: asked.target, detail: { tenant } };
    const row = await mine.change(deed, async (tx) => {
      await checkOrganization(tx, tenant);
      return grantByOperator(tx, tenant, asked);
    });
    return answerOf(row);
  },
});

const tenantRemoveRoute = route({
  method: 'delete',
  path: '/tenants/{tenant}/grants/{grant}',
  tag: TAG,
  summary: 'Takes a grant of a tenant away.',
  access: installation,
  params: ofTenant.extend(ofGrant.shape),
  answer: removed,
  handle: async ({ mine, params: { tenant, grant: id } }) => {
    const grantOf = (db: Kysely<Tables>) => grantById(db, tenant, id);
    const { target: granted } = there(await mine.ask(grantOf), id);
    const deed = { action: 'grant.revoke', subject: id, detail: { tenant, target: granted } };
    await mine.change(deed, (tx) => remove(tx, tenant, id));
    return { removed: true as const };
  },
});

export const grantRoutes: readonly Route[] = [
  listRoute,
  askRoute,
  checkRoute,
  removeRoute,
  tenantListRoute,
  tenantGrantRoute,
  tenantRemoveRoute,
];

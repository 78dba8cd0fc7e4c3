import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import {
  addGroup,
  changeGroup,
  groupById,
  groupList,
  membersOf,
  removeGroup,
  selectorOf,
} from '../../store/queries/asset-groups.ts';
import { isoOf } from '../../store/rows.ts';
import type { AssetGroupRow } from '../../store/service-schema.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import type { Route } from '../route.ts';
import { route } from '../route.ts';
import { assetAnswer, assetOf, byId, labelText, nothing } from './assets.ts';

const tag = 'Assets';
const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'operator', scope: 'scan' } as const;

const name = z.string().trim().min(1).max(100);
const selector = {
  labels: z.array(labelText).max(50).default([]).describe('An asset belongs that has one of them,'),
  patterns: z
    .array(z.string().min(1).max(300))
    .max(50)
    .default([])
    .describe('or whose target fits one of these: *.example.org, 192.0.2.*'),
};

const answer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    labels: z.array(z.string()),
    patterns: z.array(z.string()),
    createdAt: z.iso.datetime(),
  })
  .openapi('AssetGroup');

function groupOf(row: AssetGroupRow): z.input<typeof answer> {
  const { labels, patterns } = selectorOf(row);
  return {
    ...{ id: row.id, name: row.name, labels: [...labels], patterns: [...patterns] },
    createdAt: isoOf(row.created_at),
  };
}

function there(row: AssetGroupRow | null, id: string): AssetGroupRow {
  if (row === null) throw absent(id);
  return row;
}

const place = z.string();

const absent = (id: string) => problem('API_NOT_FOUND', { what: 'group', value: id });
const taken = (value: string) => problem('API_CONFLICT', { what: 'group', value });

export const groupRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/groups',
    tag,
    summary: 'Groups of assets, by name.',
    access: read,
    query: z.object({ limit, cursor: cursor(place) }),
    answer: pageOf(answer),
    handle: async ({ mine, query: { limit: most, cursor: after } }) => {
      const rows = await mine.ask(groupList, { limit: most + 1, after });
      return pageFrom(rows, { limit: most, itemOf: groupOf, place, placeOf: (row) => row.name });
    },
  }),
  route({
    method: 'post',
    path: '/groups',
    tag,
    summary: 'Adds a group.',
    access: write,
    body: z.strictObject({ name, ...selector }),
    answer,
    status: 201,
    handle: async ({ mine, body, now }) => {
      const { labels, patterns } = body;
      const row = {
        ...{ id: randomUUID(), name: body.name, created_at: now },
        selector: JSON.stringify({ labels, patterns }),
      };
      const deed = { action: 'group.add', subject: row.id, detail: body };
      return mine.change(deed, async (tx, tenant) => {
        if (!(await addGroup(tx, tenant, row))) throw taken(body.name);
        return groupOf({ ...row, tenant });
      });
    },
  }),
  route({
    method: 'get',
    path: '/groups/{id}',
    tag,
    summary: 'One group.',
    access: read,
    params: byId,
    answer,
    handle: async ({ mine, params: { id } }) => groupOf(there(await mine.ask(groupById, id), id)),
  }),
  route({
    method: 'put',
    path: '/groups/{id}',
    tag,
    summary: 'Changes a group.',
    access: write,
    params: byId,
    body: z.strictObject({ name, ...selector }),
    answer,
    handle: async ({ mine, params: { id }, body }) => {
      const { labels, patterns } = body;
      const change = { name: body.name, selector: JSON.stringify({ labels, patterns }) };
      const deed = { action: 'group.change', subject: id, detail: body };
      return mine.change(deed, async (tx, tenant) => {
        const what = await changeGroup(tx, tenant, id, change);
        if (what === 'taken') throw taken(body.name);
        return groupOf(there(await groupById(tx, tenant, id), id));
      });
    },
  }),
  route({
    method: 'delete',
    path: '/groups/{id}',
    tag,
    summary: 'Takes a group away; its assets stay.',
    access: write,
    params: byId,
    answer: nothing,
    handle: async ({ mine, params: { id } }) => {
      await mine.change({ action: 'group.remove', subject: id }, async (tx, tenant) => {
        if (!(await removeGroup(tx, tenant, id))) throw absent(id);
      });
      return {};
    },
  }),
  route({
    method: 'get',
    path: '/groups/{id}/assets',
    tag,
    summary: 'Assets of a group, by target.',
    access: read,
    params: byId,
    query: z.object({ limit, cursor: cursor(place) }),
    answer: pageOf(assetAnswer),
    handle: async ({ mine, params: { id }, query: { limit: most, cursor: after } }) => {
      const group = there(await mine.ask(groupById, id), id);
      const rows = await mine.ask(membersOf, selectorOf(group), { limit: most + 1, after });
      return pageFrom(rows, { limit: most, itemOf: assetOf, place, placeOf: (row) => row.target });
    },
  }),
];

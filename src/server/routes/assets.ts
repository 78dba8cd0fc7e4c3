import { z } from '@hono/zod-openapi';
import type { Transaction } from 'kysely';
import { targetText } from '../../contract/service/scans.ts';
import { readTarget } from '../../jobs/targets.ts';
import { problem } from '../../model/errors.ts';
import type { DialectFacts } from '../../store/dialects/facts.ts';
import { addressesOfName, followNamesAt } from '../../store/queries/asset-addresses.ts';
import {
  assetById,
  assetByTarget,
  assetList,
  changeAsset,
  type GivenAsset,
  type Imported,
  importAssets,
  labelsOf,
  removeAsset,
} from '../../store/queries/asset-list.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import type { Tables } from '../../store/schema.ts';
import type { AssetRow } from '../../store/service-schema.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import type { Route } from '../route.ts';
import { route } from '../route.ts';

const MAX_IMPORT = 20_000;
const tag = 'Assets';
const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'operator', scope: 'scan' } as const;

export const labelText = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._:/-]{0,62}$/, 'a label is up to 63 of a-z, 0-9 and ._:/-');

const labels = z.array(labelText).max(50);
const note = z.string().max(2000);

const given = z.strictObject({
  target: targetText.describe('Address, CIDR block, range or host name.'),
  labels: labels.default([]),
  note: note.exactOptional(),
});

export const assetAnswer = z
  .object({
    id: z.uuid(),
    target: z.string(),
    kind: z.enum(['address', 'network', 'name']),
    labels: z.array(z.string()),
    note: z.string(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Asset');

export function assetOf(row: AssetRow): z.input<typeof assetAnswer> {
  const { id, target, kind, note: words, created_at: at } = row;
  return { id, target, kind, labels: [...labelsOf(row)], note: words, createdAt: isoOf(at) };
}

export const byId = z.object({ id: z.uuid() });
export const nothing = z.object({}).openapi('Nothing');
const place = z.string();

/** Adds assets, and has names among them resolved soon. */
async function take(
  tx: Transaction<Tables>,
  tenant: string,
  facts: DialectFacts,
  assets: readonly GivenAsset[],
  now: number,
): Promise<Imported> {
  const imported = await importAssets(tx, tenant, facts, assets, now);
  const names = assets.some(({ kind }) => kind === 'name');
  if (names && imported.added > 0) await followNamesAt(tx, tenant, now);
  return imported;
}

function readGiven(asset: z.output<typeof given>, where: string): GivenAsset {
  const { text, kind } = readTarget(asset.target, where);
  return { target: text, kind, labels: asset.labels, note: asset.note };
}

export const assetRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/assets',
    tag,
    summary: 'What is to be looked at, by target.',
    access: read,
    query: z.object({
      limit,
      cursor: cursor(place),
      label: labelText.optional(),
      kind: z.enum(['address', 'network', 'name']).optional(),
    }),
    answer: pageOf(assetAnswer),
    handle: async ({ mine, query }) => {
      const { limit: most, cursor: after, label, kind } = query;
      const rows = await mine.ask(assetList, { limit: most + 1, label, kind, after });
      const placeOf = ({ target }: AssetRow) => target;
      return pageFrom(rows, { limit: most, itemOf: assetOf, place, placeOf });
    },
  }),
  route({
    method: 'post',
    path: '/assets',
    tag,
    summary: 'Adds an asset.',
    access: write,
    body: given,
    answer: assetAnswer,
    status: 201,
    handle: async ({ mine, body, service, now }) => {
      const asset = readGiven(body, 'target');
      const { target } = asset;
      return mine.change({ action: 'asset.add', subject: target }, async (tx, tenant) => {
        const { added } = await take(tx, tenant, service.store.facts, [asset], now);
        if (added === 0) throw problem('API_CONFLICT', { what: 'asset', value: target });
        return assetOf(there(await assetByTarget(tx, tenant, target), target));
      });
    },
  }),
  route({
    method: 'post',
    path: '/assets/import',
    tag,
    summary: 'Adds many assets; of those that are there, labels are added and notes changed.',
    access: write,
    body: z.strictObject({ assets: z.array(given).min(1).max(MAX_IMPORT) }),
    answer: z.object({ added: z.int(), changed: z.int() }),
    handle: async ({ mine, body, service, now }) => {
      const assets = body.assets.map((asset, index) => readGiven(asset, `asset ${index + 1}`));
      const deed = { action: 'asset.import', subject: `${assets.length} assets` };
      return mine.change(deed, take, service.store.facts, assets, now);
    },
  }),
  route({
    method: 'get',
    path: '/assets/{id}',
    tag,
    summary: 'One asset.',
    access: read,
    params: byId,
    answer: assetAnswer,
    handle: async ({ mine, params }) =>
      assetOf(there(await mine.ask(assetById, params.id), params.id)),
  }),
  route({
    method: 'get',
    path: '/assets/{id}/addresses',
    tag,
    summary: 'Addresses that a name has and had.',
    access: read,
    params: byId,
    answer: z.object({
      items: z.array(
        z.object({
          address: z.string(),
          firstSeen: z.iso.datetime(),
          lastSeen: z.iso.datetime(),
          leftAt: z.iso.datetime().nullable(),
        }),
      ),
    }),
    handle: async ({ mine, params }) => {
      const { target } = there(await mine.ask(assetById, params.id), params.id);
      const rows = await mine.ask(addressesOfName, target);
      return {
        items: rows.map(({ address, first_seen: first, last_seen: last, left_at: left }) => ({
          address,
          firstSeen: isoOf(first),
          lastSeen: isoOf(last),
          leftAt: isoOrNull(left),
        })),
      };
    },
  }),
  route({
    method: 'patch',
    path: '/assets/{id}',
    tag,
    summary: 'Changes labels and note of an asset.',
    access: write,
    params: byId,
    body: z.strictObject({ labels: labels.exactOptional(), note: note.exactOptional() }),
    answer: assetAnswer,
    handle: async ({ mine, params, body }) => {
      const deed = { action: 'asset.change', subject: params.id, detail: body };
      return assetOf(there(await mine.change(deed, changeAsset, params.id, body), params.id));
    },
  }),
  route({
    method: 'delete',
    path: '/assets/{id}',
    tag,
    summary: 'Takes an asset away; what was found on it stays.',
    access: write,
    params: byId,
    answer: nothing,
    handle: async ({ mine, params: { id } }) => {
      const { target } = there(await mine.ask(assetById, id), id);
      const deed = { action: 'asset.remove', subject: id, detail: { target } };
      await mine.change(deed, async (tx, tenant) => there(await removeAsset(tx, tenant, id), id));
      return {};
    },
  }),
];

function there(row: AssetRow | null, id: string): AssetRow {
  if (row === null) throw problem('API_NOT_FOUND', { what: 'asset', value: id });
  return row;
}

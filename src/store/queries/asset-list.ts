import { randomUUID } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { upsert } from '../bulk.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import type { Tables } from '../schema.ts';
import type { AssetRow } from '../service-schema.ts';
import { withinQuota } from './quotas.ts';

/** An asset as it is given: its target as `readTarget` of src/jobs writes it. */
export interface GivenAsset {
  readonly target: string;
  readonly kind: AssetRow['kind'];
  readonly labels: readonly string[];
  /** Absent: a note that is there stays. */
  readonly note?: string | undefined;
}

export interface Imported {
  readonly added: number;
  /** Were there, and have new labels or another note. */
  readonly changed: number;
}

/**
 * Adds assets; of those that are there already, labels are added and the note is changed. Throws QUOTA.
 */
export async function importAssets(
  tx: Transaction<Tables>,
  tenant: string,
  facts: DialectFacts,
  given: readonly GivenAsset[],
  now: number,
): Promise<Imported> {
  const merged = new Map<string, GivenAsset>();
  for (const asset of given) {
    const labels = [...(merged.get(asset.target)?.labels ?? []), ...asset.labels];
    merged.set(asset.target, { ...asset, labels });
  }
  const known = await tx
    .selectFrom('assets')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(facts.isAmong('target', [...merged.keys()]))
    .execute();
  const rows = new Map(known.map((row) => [row.target, row]));
  const changed: AssetRow[] = [];
  const added: AssetRow[] = [];
  for (const asset of merged.values()) {
    const row = rows.get(asset.target);
    if (row === undefined) added.push(begun(tenant, asset, now));
    else {
      const after = joined(row, asset);
      if (after.labels !== row.labels || after.note !== row.note) changed.push(after);
    }
  }
  if (added.length > 0) await withinQuota(tx, tenant, 'assets', added.length, now);
  await upsert(tx, facts, 'assets', [...changed, ...added]);
  return { added: added.length, changed: changed.length };
}

function begun(tenant: string, { target, kind, labels, note = '' }: GivenAsset, now: number) {
  const row = { tenant, id: randomUUID(), target, kind, labels: textOf(labels), note };
  return { ...row, created_at: now };
}

function joined(row: AssetRow, { labels, note }: GivenAsset): AssetRow {
  return {
    ...row,
    labels: textOf([...labelsOf(row), ...labels]),
    note: note ?? row.note,
  };
}

/** Sorted, each once: as rows hold them. */
function textOf(labels: readonly string[]): string {
  return JSON.stringify([...new Set(labels)].sort());
}

export function labelsOf({ labels }: Pick<AssetRow, 'labels'>): readonly string[] {
  return JSON.parse(labels) as string[];
}

export interface AssetsAsked {
  readonly limit: number;
  readonly label?: string | undefined;
  readonly kind?: AssetRow['kind'] | undefined;
  /** The target of the last one before. */
  readonly after?: string | undefined;
}

/** Assets of a tenant by target. */
export async function assetList(
  db: Kysely<Tables>,
  tenant: string,
  { limit, label, kind, after }: AssetsAsked,
): Promise<readonly AssetRow[]> {
  let query = db.selectFrom('assets').selectAll().where('tenant', '=', tenant);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (after !== undefined) query = query.where('target', '>', after);
  if (label !== undefined) query = query.where(hasLabel(label));
  return query.orderBy('target').limit(limit).execute();
}

/** Of rows of assets. */
export function hasLabel(label: string) {
  // a label stands in the row as JSON: quoted, so that it is not found in a longer one
  const wanted = `%${JSON.stringify(label).replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`(labels <> '[]' and labels like ${wanted} escape '\\')`;
}

export async function assetById(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<AssetRow | null> {
  const row = await db
    .selectFrom('assets')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

export async function assetByTarget(
  db: Kysely<Tables>,
  tenant: string,
  target: string,
): Promise<AssetRow | null> {
  const row = await db
    .selectFrom('assets')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('target', '=', target)
    .executeTakeFirst();
  return row ?? null;
}

/** Null: there is none of this id. */
export async function changeAsset(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
  {
    labels,
    note,
  }: { readonly labels?: readonly string[] | undefined; readonly note?: string | undefined },
): Promise<AssetRow | null> {
  const row = await assetById(tx, tenant, id);
  if (row === null) return null;
  const after = {
    ...row,
    labels: labels === undefined ? row.labels : textOf(labels),
    note: note ?? row.note,
  };
  await tx
    .updateTable('assets')
    .set({ labels: after.labels, note: after.note })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
  return after;
}

/** Takes an asset away, with what was known of its name and its looks. Null: there was none. */
export async function removeAsset(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<AssetRow | null> {
  const row = await assetById(tx, tenant, id);
  if (row === null) return null;
  const { target } = row;
  const ofTenant = (table: 'assets' | 'asset_addresses' | 'target_looks') =>
    tx.deleteFrom(table).where('tenant', '=', tenant);
  await ofTenant('assets').where('assets.id', '=', id).execute();
  await ofTenant('asset_addresses').where('asset_addresses.name', '=', target).execute();
  await ofTenant('target_looks').where('target_looks.target', '=', target).execute();
  return row;
}

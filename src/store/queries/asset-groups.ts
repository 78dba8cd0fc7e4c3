import type { Kysely } from 'kysely';
import { readGlob } from '../../model/glob.ts';
import type { Tables } from '../schema.ts';
import type { AssetGroupRow, AssetRow } from '../service-schema.ts';
import { assetList, labelsOf } from './asset-list.ts';

/** Assets read at once when those of a group are looked for. */
const AT_ONCE = 2000;

/** An asset belongs that has one of the labels, or whose target fits one of the patterns (`*.example.org`). */
export interface Selector {
  readonly labels: readonly string[];
  readonly patterns: readonly string[];
}

export function selectorOf({ selector }: Pick<AssetGroupRow, 'selector'>): Selector {
  return JSON.parse(selector) as Selector;
}

/** A test of assets. */
export function belongs({ labels, patterns }: Selector): (asset: AssetRow) => boolean {
  const wanted = new Set(labels);
  const globs = patterns.map(readGlob);
  return (asset) =>
    labelsOf(asset).some((label) => wanted.has(label)) || globs.some((fits) => fits(asset.target));
}

/** Groups by name. */
export async function groupList(
  db: Kysely<Tables>,
  tenant: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly AssetGroupRow[]> {
  let query = db.selectFrom('asset_groups').selectAll().where('tenant', '=', tenant);
  if (after !== undefined) query = query.where('name', '>', after);
  return query.orderBy('name').limit(limit).execute();
}

export async function groupById(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<AssetGroupRow | null> {
  const row = await db
    .selectFrom('asset_groups')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

/** False: the name is taken. */
export async function addGroup(
  tx: Kysely<Tables>,
  tenant: string,
  row: Omit<AssetGroupRow, 'tenant'>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('asset_groups')
    .values({ ...row, tenant })
    .onConflict((on) => on.columns(['tenant', 'name']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

export async function changeGroup(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
  change: Partial<Pick<AssetGroupRow, 'name' | 'selector'>>,
): Promise<'changed' | 'absent' | 'taken'> {
  if (change.name !== undefined) {
    const other = await tx
      .selectFrom('asset_groups')
      .select('id')
      .where('tenant', '=', tenant)
      .where('name', '=', change.name)
      .where('id', '<>', id)
      .executeTakeFirst();
    if (other !== undefined) return 'taken';
  }
  const { numUpdatedRows } = await tx
    .updateTable('asset_groups')
    .set(change)
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n ? 'changed' : 'absent';
}

/** False: there was none. */
export async function removeGroup(
  tx: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('asset_groups')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Assets of a group by target; `after`: the target of the last one before. */
export async function membersOf(
  db: Kysely<Tables>,
  tenant: string,
  selector: Selector,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly AssetRow[]> {
  const isMember = belongs(selector);
  const members: AssetRow[] = [];
  for (let last = after; members.length < limit; ) {
    const some = await assetList(db, tenant, { limit: AT_ONCE, after: last });
    members.push(...some.filter(isMember).slice(0, limit - members.length));
    last = some.at(-1)?.target;
    if (some.length < AT_ONCE) break;
  }
  return members;
}

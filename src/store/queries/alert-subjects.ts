import type { Kysely } from 'kysely';
import type { DialectFacts } from '../dialects/facts.ts';
import type { FindingRow, Tables } from '../schema.ts';
import type { AssetGroupRow, AssetRow } from '../service-schema.ts';

export async function findingsById(
  db: Kysely<Tables>,
  facts: DialectFacts,
  tenant: string,
  ids: readonly string[],
): Promise<FindingRow[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(facts.isAmong('id', ids))
    .execute();
}

/** Assets that may stand for one of the hosts: those of these targets, and all networks. */
export async function assetsNear(
  db: Kysely<Tables>,
  facts: DialectFacts,
  tenant: string,
  targets: readonly string[],
): Promise<AssetRow[]> {
  return db
    .selectFrom('assets')
    .selectAll()
    .where('tenant', '=', tenant)
    .where((eb) => eb.or([eb('kind', '=', 'network'), facts.isAmong('target', targets)]))
    .execute();
}

export async function groupsById(
  db: Kysely<Tables>,
  facts: DialectFacts,
  tenant: string,
  ids: readonly string[],
): Promise<AssetGroupRow[]> {
  return db
    .selectFrom('asset_groups')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(facts.isAmong('id', ids))
    .execute();
}

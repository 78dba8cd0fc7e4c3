import { type Kysely, type RawBuilder, sql } from 'kysely';
import { readNetwork } from '../../model/network.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import { positionIn } from '../position.ts';
import type { Tables } from '../schema.ts';
import { hasLabel } from './asset-list.ts';

/** Up to so many assets, and hosts of them, are looked up; more of them are soon met in order. */
const FEW = 2000;

interface Labelled {
  readonly target: string;
  readonly kind: string;
}

/**
 * Of rows of hosts: whether an asset with the label stands for them. It is their address, a name that
 * has this address in the DNS now, or a network that holds it.
 */
export async function isLabelled(
  db: Kysely<Tables>,
  tenant: string,
  facts: DialectFacts,
  label: string,
): Promise<RawBuilder<boolean>> {
  const assets = await labelledAssets(db, tenant, label)
    .limit(FEW + 1)
    .execute();
  if (assets.length > FEW) {
    const networks = await labelledAssets(db, tenant, label)
      // as it stands in the condition of the index
      .where('kind', '=', sql.lit('network' as const))
      .execute();
    return standsFor(tenant, label, runsIn(facts, networks));
  }
  const { rows } = await sql<{ address: string }>`
    ${hostsOf(tenant, facts, assets)} limit ${FEW + 1}`.execute(db);
  if (rows.length > FEW) return standsFor(tenant, label, runsIn(facts, assets));
  return facts.isAmong(
    'address',
    rows.map(({ address }) => address),
  );
}

function labelledAssets(db: Kysely<Tables>, tenant: string, label: string) {
  return db
    .selectFrom('assets')
    .select(['target', 'kind'])
    .where('tenant', '=', tenant)
    .where(hasLabel(label));
}

/** Hosts of some assets, looked up from these; some more than once. */
function hostsOf(tenant: string, facts: DialectFacts, assets: readonly Labelled[]) {
  const others = assets.filter(({ kind }) => kind !== 'network');
  const rows = others.map(({ target, kind }) => [target, kind]);
  // `cross join`: SQLite begins with its left side
  return sql`
    with labelled(target, kind) as (${facts.unpack(['text', 'text'], rows)}),
    runs(low, high) as (${runsIn(facts, assets)})
    select h.address from labelled a cross join hosts h
      where a.kind = 'address' and h.tenant = ${tenant} and h.address = a.target
    union all
    select h.address from labelled a cross join asset_addresses d cross join hosts h
      where a.kind = 'name' and d.tenant = ${tenant} and d.name = a.target and d.left_at is null
        and h.tenant = ${tenant} and h.address = d.address
    union all
    select h.address from runs r cross join hosts h
      where h.tenant = ${tenant} and h.position >= r.low and h.position < r.high`;
}

/** The same, asked of one host after the other. */
function standsFor(tenant: string, label: string, runs: RawBuilder<unknown>) {
  return sql<boolean>`(
    exists (with runs(low, high) as materialized (${runs})
      select 1 from runs where hosts.position >= low and hosts.position < high)
    or exists (select 1 from assets
      where tenant = ${tenant} and target = hosts.address and ${hasLabel(label)})
    or exists (select 1 from asset_addresses d
      join assets a on a.tenant = d.tenant and a.target = d.name
      where d.tenant = ${tenant} and d.address = hosts.address and d.left_at is null
        and ${hasLabel(label)}))`;
}

/** Networks as runs of positions, the first of each and the one behind it; what overlaps is one. */
function runsIn(facts: DialectFacts, assets: readonly Labelled[]) {
  const networks = assets.filter(({ kind }) => kind === 'network');
  const read = networks.flatMap(({ target }) => readNetwork(target) ?? []);
  const sorted = read.map(positionIn).sort(([a], [b]) => (a < b ? -1 : 1));
  const runs: [string, string][] = [];
  for (const [low, high] of sorted) {
    const before = runs.at(-1);
    if (before !== undefined && low <= before[1]) before[1] = high > before[1] ? high : before[1];
    else runs.push([low, high]);
  }
  return facts.unpack(['text', 'text'], runs);
}

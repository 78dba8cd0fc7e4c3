import type { Kysely } from 'kysely';
import { SEVERITIES, type Severity } from '../../model/verdict.ts';
import { isoOf } from '../rows.ts';
import type { HostRow, Tables } from '../schema.ts';

export interface Asset {
  readonly address: string;
  readonly vantage: string;
  readonly names: readonly string[];
  readonly open: number;
  /** Of the worst open finding; absent: none. */
  readonly severity?: Severity;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

/** The place of the last asset of a page; the next page begins behind it. */
export type AssetCursor = Pick<HostRow, 'severity' | 'open' | 'position' | 'vantage'>;

export interface AssetPage {
  readonly assets: readonly Asset[];
  /** Null: there are no more. */
  readonly next: AssetCursor | null;
}

/** Hosts, worst first, then those with most open ports, then by address. */
export async function assetPage(
  db: Kysely<Tables>,
  tenant: string,
  { limit, after }: { readonly limit: number; readonly after?: AssetCursor },
): Promise<AssetPage> {
  let query = db
    .selectFrom('hosts')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('severity', 'desc')
    .orderBy('open', 'desc')
    .orderBy('position')
    .orderBy('vantage')
    .limit(limit + 1);
  if (after !== undefined) {
    const { severity, open, position, vantage } = after;
    query = query
      .where('severity', '<=', severity)
      .where((eb) =>
        eb.or([
          eb('severity', '<', severity),
          eb('open', '<', open),
          eb.and([eb('open', '=', open), eb('position', '>', position)]),
          eb.and([
            eb('open', '=', open),
            eb('position', '=', position),
            eb('vantage', '>', vantage),
          ]),
        ]),
      );
  }
  const rows = await query.execute();
  const shown = rows.slice(0, limit);
  return { assets: shown.map(assetOf), next: rows.length > limit ? (shown.at(-1) ?? null) : null };
}

function assetOf(row: HostRow): Asset {
  const severity = SEVERITIES[row.severity];
  return {
    address: row.address,
    vantage: row.vantage,
    names: JSON.parse(row.names) as string[],
    open: row.open,
    ...(severity === undefined ? {} : { severity }),
    firstSeen: isoOf(row.first_seen),
    lastSeen: isoOf(row.last_seen),
  };
}

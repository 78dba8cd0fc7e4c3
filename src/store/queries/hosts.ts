import type { Kysely } from 'kysely';
import type { Interval } from '../../model/history.ts';
import type { Transport } from '../../model/port.ts';
import type { PhantomGroup, SharedEdge } from '../../model/scan.ts';
import { rowsOf, type Step } from '../keyset.ts';
import { intervalOf } from '../rows.ts';
import type { IntervalRow, Tables } from '../schema.ts';
import { type Asset, assetOf } from './assets.ts';

/** A host as one vantage sees it. */
export interface HostView extends Asset {
  readonly phantoms: readonly PhantomGroup[];
  readonly edge?: SharedEdge;
}

/** A host from every vantage; empty: nothing is known of it. */
export async function hostViews(
  db: Kysely<Tables>,
  tenant: string,
  address: string,
): Promise<readonly HostView[]> {
  const rows = await db
    .selectFrom('hosts')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('address', '=', address)
    .orderBy('vantage')
    .execute();
  return rows.map((row) => ({
    ...assetOf(row),
    phantoms: JSON.parse(row.phantoms) as PhantomGroup[],
    ...(row.edge === null ? {} : { edge: JSON.parse(row.edge) as SharedEdge }),
  }));
}

/** The place of the last interval of a page. */
export type IntervalCursor = Pick<IntervalRow, 'vantage' | 'transport' | 'port' | 'first_seen'>;

export interface IntervalQuestion {
  readonly address: string;
  readonly names: readonly string[];
  /** Only what stands now. */
  readonly current: boolean;
  readonly port?: number;
  readonly transport?: Transport;
  readonly limit: number;
  readonly after?: IntervalCursor;
}

const BY_PORT: readonly Step[] = [
  { columns: ['vantage', 'transport', 'port', 'first_seen'], order: 'asc' },
];

/** A page of the intervals of one address, by vantage, port and time. */
export async function intervalPage(
  db: Kysely<Tables>,
  tenant: string,
  { address, names, current, port, transport, limit, after }: IntervalQuestion,
): Promise<{ readonly intervals: readonly Interval[]; readonly next: IntervalCursor | null }> {
  let query = db
    .selectFrom('intervals')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('address', '=', address);
  if (current) query = query.where('ended_at', 'is', null);
  if (port !== undefined) query = query.where('port', '=', port);
  if (transport !== undefined) query = query.where('transport', '=', transport);
  const rows = await rowsOf(query, BY_PORT, { limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  return {
    intervals: shown.map((row) => intervalOf(row, names)),
    next: rows.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

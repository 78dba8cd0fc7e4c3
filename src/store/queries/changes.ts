import { type Kysely, sql } from 'kysely';
import type { Change } from '../../model/history.ts';
import { changeOf } from '../rows.ts';
import type { ChangeRow, Tables } from '../schema.ts';

/** What changed after `after` and up to `until` (ms), oldest first. */
export async function changesBetween(
  db: Kysely<Tables>,
  tenant: string,
  {
    after,
    until,
    limit,
  }: { readonly after: number; readonly until: number; readonly limit?: number },
): Promise<readonly Change[]> {
  const query = db
    .selectFrom('changes')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('at', '>', after)
    .where('at', '<=', until)
    .orderBy('at')
    .orderBy('address')
    .orderBy('vantage')
    .orderBy('transport')
    .orderBy('port');
  const rows = await (limit === undefined ? query : query.limit(limit)).execute();
  return rows.map(changeOf);
}

/** The place of the last change of a page. */
export type ChangeCursor = Pick<
  ChangeRow,
  'at' | 'address' | 'vantage' | 'transport' | 'port' | 'kind'
>;

export interface ChangeQuestion {
  /** Changes after the first and up to the second (ms). */
  readonly after: number;
  readonly until: number;
  readonly address?: string;
  readonly newestFirst: boolean;
  readonly limit: number;
  readonly cursor?: ChangeCursor;
}

const PLACE = sql.raw('(at, address, vantage, transport, port, kind)');

/** A page of changes. `next` is null where there are no more. */
export async function changePage(
  db: Kysely<Tables>,
  tenant: string,
  { after, until, address, newestFirst, limit, cursor }: ChangeQuestion,
): Promise<{ readonly changes: readonly Change[]; readonly next: ChangeCursor | null }> {
  const direction = newestFirst ? 'desc' : 'asc';
  let query = db
    .selectFrom('changes')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('at', '>', after)
    .where('at', '<=', until)
    .orderBy('at', direction)
    .orderBy('address', direction)
    .orderBy('vantage', direction)
    .orderBy('transport', direction)
    .orderBy('port', direction)
    .orderBy('kind', direction)
    .limit(limit + 1);
  if (address !== undefined) query = query.where('address', '=', address);
  if (cursor !== undefined) {
    const { at, address: host, vantage, transport, port, kind } = cursor;
    const place = sql`(${at}, ${host}, ${vantage}, ${transport}, ${port}, ${kind})`;
    query = query.where(
      newestFirst ? sql<boolean>`${PLACE} < ${place}` : sql<boolean>`${PLACE} > ${place}`,
    );
  }
  const rows = await query.execute();
  const shown = rows.slice(0, limit);
  return {
    changes: shown.map(changeOf),
    next: rows.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

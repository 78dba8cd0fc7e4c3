import type { Kysely } from 'kysely';
import type { Change } from '../../model/history.ts';
import { rowsOf } from '../keyset.ts';
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

const BEHIND_AT = ['address', 'vantage', 'transport', 'port', 'kind'];

/** A page of changes. `next` is null where there are no more. */
export async function changePage(
  db: Kysely<Tables>,
  tenant: string,
  { after, until, address, newestFirst, limit, cursor }: ChangeQuestion,
): Promise<{ readonly changes: readonly Change[]; readonly next: ChangeCursor | null }> {
  const order = newestFirst ? 'desc' : 'asc';
  let query = db
    .selectFrom('changes')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('at', '>', after)
    .where('at', '<=', until);
  if (address !== undefined) query = query.where('address', '=', address);
  const steps = [
    { columns: ['at'], order },
    { columns: BEHIND_AT, order },
  ] as const;
  const rows = await rowsOf(query, steps, { limit: limit + 1, after: cursor });
  const shown = rows.slice(0, limit);
  return {
    changes: shown.map(changeOf),
    next: rows.length > limit ? (shown.at(-1) ?? null) : null,
  };
}

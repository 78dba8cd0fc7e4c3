import type { Kysely } from 'kysely';
import type { Change } from '../../model/history.ts';
import { changeOf } from '../rows.ts';
import type { Tables } from '../schema.ts';

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

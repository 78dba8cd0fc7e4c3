import type { Kysely } from 'kysely';
import type { StoredScan } from '../../model/history.ts';
import type { ScanReport } from '../../model/scan.ts';
import { unpackReport } from '../report-body.ts';
import { scanOf } from '../rows.ts';
import type { ScanRow, Tables } from '../schema.ts';

/** Stored looks, newest first. */
export async function latestScans(
  db: Kysely<Tables>,
  tenant: string,
  limit: number,
): Promise<readonly StoredScan[]> {
  return (await newest(db, tenant).limit(limit).execute()).map(scanOf);
}

function newest(db: Kysely<Tables>, tenant: string) {
  return db
    .selectFrom('scans')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('ended_at', 'desc')
    .orderBy('id');
}

/** The look with this id, or the only one whose id begins so; null otherwise. */
export async function scanById(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<StoredScan | null> {
  if (!/^[0-9a-f-]{4,}$/i.test(id)) return null;
  const rows = await newest(db, tenant)
    .where('id', 'like', `${id.toLowerCase()}%`)
    .limit(2)
    .execute();
  const [only, other] = rows;
  return only === undefined || other !== undefined ? null : scanOf(only);
}

/** The newest look that asked the same before `scan`, from the same place; null: there is none. */
export async function comparableBefore(
  db: Kysely<Tables>,
  tenant: string,
  scan: StoredScan,
): Promise<StoredScan | null> {
  const rows = await newest(db, tenant)
    .where('vantage', '=', scan.scope.vantage.name)
    .where('source', '=', scan.source)
    .where('ended_at', '<', Date.parse(scan.endedAt))
    .execute();
  return rows.map(scanOf).find((other) => asksTheSame(other, scan)) ?? null;
}

function asksTheSame(a: StoredScan, b: StoredScan): boolean {
  return JSON.stringify(a.scope.targets) === JSON.stringify(b.scope.targets);
}

/** The whole report of a look; null when retention has taken it. */
export async function storedReport(
  db: Kysely<Tables>,
  tenant: string,
  id: ScanRow['id'],
): Promise<ScanReport | null> {
  const row = await db
    .selectFrom('reports')
    .select('body')
    .where('tenant', '=', tenant)
    .where('scan', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : unpackReport(row.body);
}

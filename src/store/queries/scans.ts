import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { StoredScan } from '../../model/history.ts';
import type { ScanReport, Scope } from '../../model/scan.ts';
import { newestBy, rowsOf } from '../keyset.ts';
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
  const before = newest(db, tenant)
    .where('vantage', '=', scan.scope.vantage.name)
    .where('source', '=', scan.source)
    .where('ended_at', '<', Date.parse(scan.endedAt));
  const row = await before.where('asked', '=', askedHash(scan.scope)).limit(1).executeTakeFirst();
  return row === undefined ? comparableOld(before, scan) : scanOf(row);
}

/** Of looks that an older Postern stored, without a hash, only so many of the newest are read. */
const OLD_LOOKS = 100;

async function comparableOld(
  before: ReturnType<typeof newest>,
  scan: StoredScan,
): Promise<StoredScan | null> {
  const rows = await before.where('asked', 'is', null).limit(OLD_LOOKS).execute();
  const hash = askedHash(scan.scope);
  return rows.map(scanOf).find(({ scope }) => askedHash(scope) === hash) ?? null;
}

/** The same for two looks that were asked for the same targets. */
export function askedHash({ targets }: Pick<Scope, 'targets'>): string {
  return createHash('sha256').update(JSON.stringify(targets)).digest('hex');
}

/** The whole report of a look; null when retention has taken it (`reportTakenAt` of the look). */
export async function storedReport(
  db: Kysely<Tables>,
  tenant: string,
  id: ScanRow['id'],
): Promise<ScanReport | null> {
  const body = await packedReport(db, tenant, id);
  return body === null ? null : unpackReport(body);
}

/** The place of the last look of a page. */
export type ScanCursor = Pick<ScanRow, 'ended_at' | 'id'>;

/** A page of stored looks, newest first. `next` is null where there are no more. */
export async function scanPage(
  db: Kysely<Tables>,
  tenant: string,
  { limit, after }: { readonly limit: number; readonly after?: ScanCursor },
): Promise<{ readonly scans: readonly StoredScan[]; readonly next: ScanCursor | null }> {
  const query = db.selectFrom('scans').selectAll().where('tenant', '=', tenant);
  const rows = await rowsOf(query, newestBy('ended_at'), { limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  return { scans: shown.map(scanOf), next: rows.length > limit ? (shown.at(-1) ?? null) : null };
}

/** The look of this id; null: there is none. */
export async function storedScan(
  db: Kysely<Tables>,
  tenant: string,
  id: ScanRow['id'],
): Promise<StoredScan | null> {
  const row = await newest(db, tenant).where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : scanOf(row);
}

/** The report of a look as it is stored, gzipped JSON; null when retention has taken it. */
export async function packedReport(
  db: Kysely<Tables>,
  tenant: string,
  id: ScanRow['id'],
): Promise<Uint8Array | null> {
  const row = await db
    .selectFrom('reports')
    .select('body')
    .where('tenant', '=', tenant)
    .where('scan', '=', id)
    .executeTakeFirst();
  return row?.body ?? null;
}

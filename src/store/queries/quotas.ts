import { type Kysely, sql, type Transaction } from 'kysely';
import { QUOTA_NAMES, type QuotaName } from '../../contract/service/settings.ts';
import { problem } from '../../model/errors.ts';
import type { Tables } from '../schema.ts';
import { keepMeta } from './meta.ts';
import { quotasOf } from './settings.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Lets a change go on only while the tenant has no more of something than it may. Called before it is
 * added, in the same transaction: until its end no other one adds for this tenant. Throws QUOTA.
 */
export async function withinQuota(
  tx: Transaction<Tables>,
  tenant: string,
  what: QuotaName,
  adding: number,
  now = Date.now(),
): Promise<void> {
  const limit = (await quotasOf(tx, tenant))[what];
  if (limit === null) return;
  await oneAtATime(tx, tenant);
  refuseBeyond(what, limit, await usedOf(tx, tenant, what, now), adding);
}

/** Lets a scan be taken on. Throws QUOTA. */
export async function withinScanQuotas(
  tx: Transaction<Tables>,
  tenant: string,
  now: number,
): Promise<void> {
  await withinQuota(tx, tenant, 'queuedJobs', 1, now);
  await withinQuota(tx, tenant, 'scansPerDay', 1, now);
  await withinQuota(tx, tenant, 'reportBytes', 1, now);
}

/** For what is counted elsewhere, such as the addresses of a scan. Throws QUOTA. */
export function refuseBeyond(
  what: QuotaName,
  limit: number | null,
  used: number,
  adding: number,
): void {
  if (limit === null || used + adding <= limit) return;
  throw problem('QUOTA', { what: QUOTA_NAMES[what], used, adding, limit });
}

/** How many more of something a tenant may have; never below 0, Infinity without a limit. */
export async function quotaLeft(
  db: Kysely<Tables>,
  tenant: string,
  what: QuotaName,
  now: number,
): Promise<number> {
  const limit = (await quotasOf(db, tenant))[what];
  if (limit === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, limit - (await usedOf(db, tenant, what, now)));
}

export type Usage = Readonly<Record<Exclude<QuotaName, 'addressesPerScan'>, number>>;

/** What a tenant has of everything that is counted. */
export async function usageOf(db: Kysely<Tables>, tenant: string, now: number): Promise<Usage> {
  const used = (what: QuotaName) => usedOf(db, tenant, what, now);
  return {
    assets: await used('assets'),
    schedules: await used('schedules'),
    runningJobs: await used('runningJobs'),
    queuedJobs: await used('queuedJobs'),
    scansPerDay: await used('scansPerDay'),
    channels: await used('channels'),
    alertRules: await used('alertRules'),
    apiKeys: await used('apiKeys'),
    agents: await used('agents'),
    members: await used('members'),
    grants: await used('grants'),
    reportBytes: await used('reportBytes'),
  };
}

/**
 * Until the end of the transaction no other one counts, or reads what it is about to change, for this
 * tenant. A row of its own is written to, because two transactions of PostgreSQL would do it at once.
 */
export async function oneAtATime(tx: Transaction<Tables>, tenant: string): Promise<void> {
  await keepMeta(tx, tenant, 'quota.lock', '1');
}

async function usedOf(
  db: Kysely<Tables>,
  tenant: string,
  what: QuotaName,
  now: number,
): Promise<number> {
  const row = await sql<{ used: number | string }>`select ${USED[what](tenant, now)} as used`
    .execute(db)
    .then(({ rows }) => rows[0]);
  return Number(row?.used ?? 0);
}

const count = (table: string, tenant: string, where = sql``) =>
  sql`(select count(*) from ${sql.table(table)} where tenant = ${tenant} ${where})`;

const USED: Readonly<Record<QuotaName, (tenant: string, now: number) => ReturnType<typeof sql>>> = {
  assets: (tenant) => count('assets', tenant),
  schedules: (tenant) => count('schedules', tenant),
  runningJobs: (tenant) => count('jobs', tenant, sql`and status = 'running'`),
  queuedJobs: (tenant) => count('jobs', tenant, sql`and status = 'queued'`),
  scansPerDay: (tenant, now) =>
    // those that were refused were not taken on
    count(
      'jobs',
      tenant,
      sql`and kind = 'scan' and created_at > ${now - DAY_MS}
        and not (status = 'failed' and started_at is null)`,
    ),
  // of one scan: nothing is counted up
  addressesPerScan: () => sql`0`,
  channels: (tenant) => count('channels', tenant),
  alertRules: (tenant) => count('alert_rules', tenant),
  apiKeys: (tenant) => count('api_keys', tenant, sql`and revoked_at is null`),
  agents: (tenant) => count('agents', tenant, sql`and revoked_at is null`),
  members: (tenant, now) =>
    sql`((select count(*) from auth_members where organization = ${tenant})
      + (select count(*) from auth_invitations
          where organization = ${tenant} and expires_at > ${now}))`,
  grants: (tenant) => count('grants', tenant),
  reportBytes: (tenant) =>
    sql`(select coalesce(sum(length(body)), 0) from reports where tenant = ${tenant})`,
};

import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../schema.ts';
import type { AlertRuleRow } from '../service-schema.ts';
import { withinQuota } from './quotas.ts';

/** The rules of a tenant in the order in which they are asked. */
export async function alertRules(
  db: Kysely<Tables>,
  tenant: string,
): Promise<readonly AlertRuleRow[]> {
  return db
    .selectFrom('alert_rules')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('position')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export async function alertRule(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<AlertRuleRow | undefined> {
  return db
    .selectFrom('alert_rules')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Throws QUOTA. */
export async function addAlertRule(
  tx: Transaction<Tables>,
  tenant: string,
  row: Omit<AlertRuleRow, 'tenant'>,
): Promise<void> {
  await withinQuota(tx, tenant, 'alertRules', 1, row.created_at);
  await tx
    .insertInto('alert_rules')
    .values({ tenant, ...row })
    .execute();
}

/** Resolves to false when there is none. */
export async function changeAlertRule(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
  changes: Partial<Omit<AlertRuleRow, 'tenant'>>,
): Promise<boolean> {
  const result = await tx
    .updateTable('alert_rules')
    .set(changes)
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Takes a rule away, and its incidents: nobody is told of them any more. */
export async function dropAlertRule(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
): Promise<boolean> {
  const result = await tx
    .deleteFrom('alert_rules')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
  await tx.deleteFrom('incidents').where('tenant', '=', tenant).where('rule', '=', id).execute();
  return result.numDeletedRows > 0n;
}

/** A digest goes once a week, and what is later was set by a wrong clock. */
const LATEST_MS = 8 * 24 * 60 * 60 * 1000;

export function isOfWrongClock(digestAt: number, now: number): boolean {
  return digestAt > now + LATEST_MS;
}

/** Digests whose time has come, or was set by a wrong clock. */
export async function dueDigests(
  db: Kysely<Tables>,
  now: number,
): Promise<readonly Pick<AlertRuleRow, 'tenant' | 'id'>[]> {
  return db
    .selectFrom('alert_rules')
    .select(['tenant', 'id'])
    .where((eb) => eb.or([eb('digest_at', '<=', now), eb('digest_at', '>', now + LATEST_MS)]))
    .where('enabled', '=', 1)
    .execute();
}

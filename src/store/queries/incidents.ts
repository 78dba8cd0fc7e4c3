import { type Kysely, sql, type Transaction } from 'kysely';
import type { DialectFacts } from '../dialects/facts.ts';
import { newestBy, rowsOf } from '../keyset.ts';
import type { Tables } from '../schema.ts';
import type { IncidentRow } from '../service-schema.ts';
import { keepMeta, metaOf } from './meta.ts';

/**
 * Until the end of the transaction no other process works on the alerts of this tenant: who comes
 * second waits for the row, and sees what the first has written.
 */
export async function lockAlerts(tx: Transaction<Tables>, tenant: string): Promise<void> {
  await keepMeta(tx, tenant, 'alerts.lock', '');
}

export async function incidentsOf(
  db: Kysely<Tables>,
  facts: DialectFacts,
  tenant: string,
  asked: { readonly rules: readonly string[]; readonly subjects: readonly string[] },
): Promise<IncidentRow[]> {
  if (asked.rules.length === 0 || asked.subjects.length === 0) return [];
  return db
    .selectFrom('incidents')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(facts.isAmong('rule', asked.rules))
    .where(facts.isAmong('subject', asked.subjects))
    .execute();
}

export async function incidentsById(
  db: Kysely<Tables>,
  facts: DialectFacts,
  tenant: string,
  ids: readonly string[],
): Promise<IncidentRow[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('incidents')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(facts.isAmong('id', ids))
    .execute();
}

/** Tenants with an incident to be looked at. */
export async function tenantsToWake(db: Kysely<Tables>, now: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('incidents')
    .select('tenant')
    .distinct()
    .where('remind_at', '<=', now)
    .where(OF_ENABLED_RULE)
    .execute();
  return rows.map(({ tenant }) => tenant);
}

/** Those of a rule that is switched off wait until it is switched on. */
const OF_ENABLED_RULE = sql<boolean>`exists (select 1 from alert_rules rule
  where rule.tenant = incidents.tenant and rule.id = incidents.rule and rule.enabled = 1)`;

/** The open incidents that some bundles tell of, the first of them. */
export async function membersOf(
  db: Kysely<Tables>,
  facts: DialectFacts,
  tenant: string,
  bundles: readonly Pick<IncidentRow, 'id' | 'rule'>[],
  limit: number,
): Promise<IncidentRow[]> {
  if (bundles.length === 0) return [];
  const rules = [...new Set(bundles.map(({ rule }) => rule))];
  const ids = bundles.map(({ id }) => id);
  return db
    .selectFrom('incidents')
    .selectAll()
    .where('tenant', '=', tenant)
    .where(facts.isAmong('rule', rules))
    .where(facts.isAmong('bundle', ids))
    .where('status', '=', 'open')
    .limit(limit)
    .execute();
}

export async function incidentsToWake(
  db: Kysely<Tables>,
  tenant: string,
  asked: { readonly now: number; readonly limit: number },
): Promise<IncidentRow[]> {
  return db
    .selectFrom('incidents')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('remind_at', '<=', asked.now)
    .where(OF_ENABLED_RULE)
    .orderBy('remind_at')
    .orderBy('id')
    .limit(asked.limit)
    .execute();
}

export interface ChangedCount {
  readonly status: IncidentRow['status'];
  readonly severity: number;
  readonly count: number;
}

/** Times in milliseconds, `after` excluded and `until` included. */
interface ChangedAsked {
  readonly rule: string;
  readonly after: number;
  readonly until?: number | undefined;
}

/** How many incidents of a rule have changed in a time; accepted ones are left out. */
export async function countChanged(
  db: Kysely<Tables>,
  tenant: string,
  asked: ChangedAsked,
): Promise<readonly ChangedCount[]> {
  return changed(db, tenant, asked)
    .select(['status', 'severity'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .groupBy(['status', 'severity'])
    .execute();
}

/** The worst of them, open ones first. */
export async function worstChanged(
  db: Kysely<Tables>,
  tenant: string,
  asked: ChangedAsked & { readonly limit: number },
): Promise<IncidentRow[]> {
  return changed(db, tenant, asked)
    .selectAll()
    .orderBy('status')
    .orderBy('severity', 'desc')
    .orderBy('changed_at', 'desc')
    .orderBy('id')
    .limit(asked.limit)
    .execute();
}

function changed(db: Kysely<Tables>, tenant: string, { rule, after, until }: ChangedAsked) {
  const query = db
    .selectFrom('incidents')
    .where('tenant', '=', tenant)
    .where('rule', '=', rule)
    .where('changed_at', '>', after)
    .where((eb) => eb.or([eb('told', 'is', null), eb('told', '!=', 'held')]));
  return until === undefined ? query : query.where('changed_at', '<=', until);
}

const NEWEST = newestBy('changed_at');

/** The place of the last incident of a page. */
export type IncidentCursor = Pick<IncidentRow, 'changed_at' | 'id'>;

/** The newest first. */
export async function incidentPage(
  db: Kysely<Tables>,
  tenant: string,
  asked: {
    readonly limit: number;
    readonly after?: IncidentCursor | undefined;
    readonly status?: IncidentRow['status'] | undefined;
  },
): Promise<readonly IncidentRow[]> {
  const { limit, after, status } = asked;
  let query = db.selectFrom('incidents').selectAll().where('tenant', '=', tenant);
  if (status !== undefined) query = query.where('status', '=', status);
  return rowsOf(query, NEWEST, { limit, after });
}

/** What a large batch has to tell so far, between its parts; null: nothing. */
export function unfinished(
  db: Kysely<Tables>,
  tenant: string,
  batch: string,
): Promise<string | null> {
  return metaOf(db, tenant, partsOf(batch));
}

export function keepUnfinished(
  tx: Transaction<Tables>,
  tenant: string,
  batch: string,
  value: string | null,
): Promise<void> {
  return keepMeta(tx, tenant, partsOf(batch), value);
}

function partsOf(batch: string): string {
  return `alerts.batch:${batch}`;
}

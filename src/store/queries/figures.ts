import { type Kysely, sql } from 'kysely';
import { FINDING_STATUSES } from '../../model/history.ts';
import { SEVERITIES } from '../../model/verdict.ts';
import type { Tables } from '../schema.ts';

export interface SeverityCount {
  readonly severity: string;
  readonly count: number;
}

/** Figures of the whole installation, for who looks after it: they name no tenant. */

/** Open ports that are no phantoms, by how their verdict judges them; `none`: not judged. */
export async function openPortCounts(db: Kysely<Tables>): Promise<readonly SeverityCount[]> {
  const rows = await db
    .selectFrom('intervals')
    .select((eb) => ['severity', eb.fn.countAll<number>().as('count')])
    .where(sql<boolean>`ended_at is null and state = 'open' and phantom is null`)
    .groupBy('severity')
    .execute();
  return rows.map(({ severity, count }) => ({ severity: wordOf(severity), count }));
}

export async function findingCounts(
  db: Kysely<Tables>,
): Promise<readonly (SeverityCount & { readonly status: string })[]> {
  const rows = await db
    .selectFrom('findings')
    .select((eb) => ['status', 'severity', eb.fn.countAll<number>().as('count')])
    .where('status', 'in', FINDING_STATUSES)
    .groupBy(['status', 'severity'])
    .execute();
  return rows.map(({ status, severity, count }) => ({ status, severity: wordOf(severity), count }));
}

function wordOf(severity: number | null): string {
  return severity === null ? 'none' : (SEVERITIES[severity] ?? 'none');
}

export interface StatusCount {
  readonly status: string;
  readonly count: number;
}

export async function jobCounts(db: Kysely<Tables>): Promise<readonly StatusCount[]> {
  return db
    .selectFrom('jobs')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute();
}

export async function outboxCounts(db: Kysely<Tables>): Promise<readonly StatusCount[]> {
  return db
    .selectFrom('outbox')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute();
}

/** Agents that were found silent, and not heard of since. */
export async function countSilent(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom('agents')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('silent_at', 'is not', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row?.count ?? 0;
}

export interface ScanTime {
  readonly tenant: string;
  readonly id: string;
  readonly started_at: number;
  readonly ended_at: number;
}

/** Scans of ours that ended after a time (ms). */
export async function scanTimes(db: Kysely<Tables>, since: number): Promise<readonly ScanTime[]> {
  return db
    .selectFrom('scans')
    .select(['tenant', 'id', 'started_at', 'ended_at'])
    .where('source', '=', 'scan')
    .where('ended_at', '>', since)
    .execute();
}

import { type Kysely, sql, type Transaction } from 'kysely';
import { newestBy, rowsOf } from '../keyset.ts';
import type { Tables } from '../schema.ts';
import type { OutboxRow } from '../service-schema.ts';

/** A channel of a tenant with something to send. */
export type DueChannel = Pick<OutboxRow, 'tenant' | 'channel'>;

export async function dueChannels(db: Kysely<Tables>, now: number): Promise<readonly DueChannel[]> {
  return db
    .selectFrom('outbox')
    .select(['tenant', 'channel'])
    .distinct()
    .where('status', '=', 'waiting')
    .where('next_at', '<=', now)
    .execute();
}

/** Whether a message is to be sent later than `latest` (ms): its time was set by a wrong clock. */
export async function isTooLate(db: Kysely<Tables>, latest: number): Promise<boolean> {
  const row = await db
    .selectFrom('outbox')
    .select('id')
    .where('status', '=', 'waiting')
    .where('next_at', '>', latest)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Lets messages go at `now` that were to be sent later than `latest` (ms). */
export async function hasten(
  tx: Transaction<Tables>,
  { now, latest }: { readonly now: number; readonly latest: number },
): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ next_at: now })
    .where('status', '=', 'waiting')
    .where('next_at', '>', latest)
    .execute();
}

/**
 * Takes the next message of a channel for `leaseMs`: who asks meanwhile gets another. It counts as a
 * try; one that is never ended comes again when the lease has ended. A message waits for those of its
 * incident that come before it. Null: there is none.
 */
export async function claimMessage(
  tx: Transaction<Tables>,
  { tenant, channel }: DueChannel,
  { now, leaseMs }: { readonly now: number; readonly leaseMs: number },
): Promise<OutboxRow | null> {
  const candidates = await tx
    .selectFrom('outbox')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('channel', '=', channel)
    .where('status', '=', 'waiting')
    .where('next_at', '<=', now)
    .where(
      sql<boolean>`not exists (select 1 from outbox earlier where earlier.tenant = outbox.tenant
        and earlier.channel = outbox.channel and earlier.incident = outbox.incident
        and earlier.status = 'waiting' and earlier.seq < outbox.seq)`,
    )
    .orderBy('next_at')
    .orderBy('created_at')
    .orderBy('id')
    .limit(CANDIDATES)
    .execute();
  for (const row of candidates) {
    const attempts = row.attempts + 1;
    const result = await tx
      .updateTable('outbox')
      .set({ next_at: now + leaseMs, attempts })
      .where('tenant', '=', tenant)
      .where('id', '=', row.id)
      .where('status', '=', 'waiting')
      .where('attempts', '=', row.attempts)
      .where('next_at', '=', row.next_at)
      .executeTakeFirst();
    if (result.numUpdatedRows > 0n) return { ...row, attempts };
  }
  return null;
}

/** Looked at in one go: others may take some of them first. */
const CANDIDATES = 8;

/**
 * Notes what came of a try. Resolves to false when somebody else has the message by now: the lease had
 * ended.
 */
export async function endTry(
  tx: Transaction<Tables>,
  { tenant, id, attempts }: Pick<OutboxRow, 'tenant' | 'id' | 'attempts'>,
  changes: Partial<Pick<OutboxRow, 'status' | 'next_at' | 'ended_at' | 'problem' | 'attempts'>>,
): Promise<boolean> {
  const result = await tx
    .updateTable('outbox')
    .set(changes)
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('status', '=', 'waiting')
    .where('attempts', '=', attempts)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Sends a failed message again, with all its tries. Resolves to false when there is no such one. */
export async function retryMessage(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
  now: number,
): Promise<boolean> {
  const result = await tx
    .updateTable('outbox')
    .set({ status: 'waiting', attempts: 0, next_at: now, ended_at: null, problem: null })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('status', '=', 'failed')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function outboxMessage(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<OutboxRow | undefined> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
}

const NEWEST = newestBy('created_at');

/** The place of the last message of a page. */
export type OutboxCursor = Pick<OutboxRow, 'created_at' | 'id'>;

/** The newest first. */
export async function outboxPage(
  db: Kysely<Tables>,
  tenant: string,
  asked: {
    readonly limit: number;
    readonly after?: OutboxCursor | undefined;
    readonly status?: OutboxRow['status'] | undefined;
  },
): Promise<readonly OutboxRow[]> {
  const { limit, after, status } = asked;
  let query = db.selectFrom('outbox').selectAll().where('tenant', '=', tenant);
  if (status !== undefined) query = query.where('status', '=', status);
  return rowsOf(query, NEWEST, { limit, after });
}

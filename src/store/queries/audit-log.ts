import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { newestBy, rowsOf } from '../keyset.ts';
import type { Tables } from '../schema.ts';
import type { AuditLogRow } from '../service-schema.ts';

/** What somebody did; `detail` holds no secret. */
export interface Noted {
  readonly at: number;
  /** `user:…`, `key:…`, `agent:…`, `cli` or `cli:ACCOUNT`: the command line, or `nobody`: somebody who did not sign in. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail?: unknown;
  readonly source: string | null;
}

/** Adds a line to the audit log of a tenant. */
export async function note(
  tx: Transaction<Tables>,
  tenant: string,
  { at, actor, action, subject, detail = null, source }: Noted,
): Promise<void> {
  const text = JSON.stringify(detail);
  await tx
    .insertInto('audit_log')
    .values({ tenant, id: randomUUID(), at, actor, action, subject, detail: text, source })
    .execute();
}

export interface AuditQuery {
  readonly limit: number;
  readonly actor?: string | undefined;
  /** A whole action, or its beginning up to a point: `member` is also `member.remove`. */
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** The last line of the page before. */
  readonly after?: { readonly at: number; readonly id: string } | undefined;
}

/** Lines of the audit log, the newest first. */
export async function auditLines(
  db: Kysely<Tables>,
  tenant: string,
  { limit, actor, action, subject, since, until, after }: AuditQuery,
): Promise<readonly AuditLogRow[]> {
  let query = db.selectFrom('audit_log').selectAll().where('tenant', '=', tenant);
  if (actor !== undefined) query = query.where('actor', '=', actor);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (since !== undefined) query = query.where('at', '>=', since);
  if (until !== undefined) query = query.where('at', '<', until);
  if (action !== undefined) {
    // from `member.` to before `member/`: what begins with it, by its bytes
    query = query.where((eb) =>
      eb.or([
        eb('action', '=', action),
        eb.and([eb('action', '>', `${action}.`), eb('action', '<', `${action}/`)]),
      ]),
    );
  }
  return rowsOf(query, newestBy('at'), { limit, after });
}

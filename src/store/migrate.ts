import { type Kysely, sql, type Transaction } from 'kysely';
import { problem } from '../model/errors.ts';
import type { DialectFacts } from './dialects/facts.ts';
import { first } from './migrations/0001-first.ts';
import { service } from './migrations/0002-service.ts';
import { auth } from './migrations/0003-auth.ts';
import type { Migration } from './migrations/migration.ts';
import type { Tables } from './schema.ts';

/** In order, without a gap; the last is the schema of this version. */
export const MIGRATIONS: readonly Migration[] = [first, service, auth];

export interface Migrated {
  readonly from: number;
  readonly to: number;
}

/** The schema a store has; 0: none yet. */
export async function schemaVersion(db: Kysely<Tables>, facts: DialectFacts): Promise<number> {
  if (!(await facts.hasTable(db, 'migrations'))) return 0;
  const row = await db
    .selectFrom('migrations')
    .select((eb) => eb.fn.max('version').as('version'))
    .executeTakeFirst();
  return row?.version ?? 0;
}

/**
 * Brings a store to the newest schema, all steps in one transaction: another process sees all of them
 * or none, and one that starts at the same time waits. Throws STORE_NEWER for a store of a later
 * Postern, and leaves it as it is.
 */
export async function migrate(
  db: Kysely<Tables>,
  facts: DialectFacts,
  where: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Migrated> {
  const to = migrations.at(-1)?.version ?? 0;
  const now = await schemaVersion(db, facts);
  if (now === to) return { from: now, to };
  return db.transaction().execute(async (tx) => {
    await facts.lockForMigration(tx);
    const from = await schemaVersion(tx, facts);
    if (from > to) throw problem('STORE_NEWER', { value: where, found: from, known: to });
    if (from === 0) await beginMigrations(tx, facts);
    for (const step of migrations.filter(({ version }) => version > from)) {
      for (const text of step.statements(facts.types)) await sql.raw(text).execute(tx);
      const { version, name } = step;
      await tx.insertInto('migrations').values({ version, name, applied_at: Date.now() }).execute();
    }
    return { from, to };
  });
}

async function beginMigrations(tx: Transaction<Tables>, { types }: DialectFacts): Promise<void> {
  await sql
    .raw(
      `create table if not exists migrations (version ${types.integer} not null primary key,
        name ${types.text} not null, applied_at ${types.integer} not null)`,
    )
    .execute(tx);
}

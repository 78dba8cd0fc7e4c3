import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Tables } from '../schema.ts';
import type { DialectFacts, Trouble } from './facts.ts';

/** First half of our advisory locks: `Post` in ASCII, so that other programs' do not meet ours. */
const LOCKS = 0x506f7374;
const MIGRATION_LOCK = 0;
const CLAIM_LOCK = 1;
const CONNECT_MS = 10_000;
const CONNECTIONS = 8;

export const postgresFacts: DialectFacts = {
  name: 'postgres',
  types: { text: 'text collate "C"', integer: 'bigint', bytes: 'bytea' },
  // not a sub-select, which is gone through once a row where the statistics know no better
  isAmong: (column, texts) => sql`${sql.ref(column)} = any (${texts}::text[])`,
  unpack: (columns, rows) => {
    const fields = columns.map((type, index) =>
      type === 'integer' ? `(value->>${index})::bigint` : `value->>${index}`,
    );
    const values = sql`jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as packed(value)`;
    return sql`select ${sql.raw(fields.join(', '))} from ${values}`;
  },
  lockForMigration: async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCKS}::int, ${MIGRATION_LOCK}::int)`.execute(tx);
  },
  lockForRecording: async (tx, tenant) => {
    await sql`select pg_advisory_xact_lock(${LOCKS}::int, hashtext(${tenant}))`.execute(tx);
  },
  lockForClaiming: async (tx) => {
    await sql`select pg_advisory_xact_lock(${LOCKS}::int, ${CLAIM_LOCK}::int)`.execute(tx);
  },
  hasTable: async (db, name) => {
    // not to_regclass: its cache does not see what another session has just made
    const { rows } = await sql`
      select 1 from pg_tables
      where schemaname = any (current_schemas(false)) and tablename = ${name}`.execute(db);
    return rows.length > 0;
  },
  // its own checksums and pg_amcheck look deeper, and need rights that we do not
  faults: async () => [],
  // its autovacuum does all of that
  reclaim: async () => 0,
  settle: async () => undefined,
  rebuild: async () => undefined,
  troubleOf,
};

/** What pg says of a connection that broke, without a code. */
const BROKEN = /^(Connection terminated|Client (has encountered|was closed)|timeout exceeded)/;

function troubleOf(error: unknown): Trouble {
  if (error instanceof Error && !('code' in error) && BROKEN.test(error.message)) return 'gone';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // SQLSTATE classes (PostgreSQL, appendix A): 08 connection, 40 rollback, 53 resources, 57P shutdown, XX damage
  if (/^(40|55P03)/.test(code)) return 'busy';
  if (code.startsWith('XX')) return 'damaged';
  if (code.startsWith('53')) return 'full';
  return /^(08|57P|28|3D|E[A-Z]+$)/.test(code) ? 'gone' : 'other';
}

/** Opens a pool; nothing is asked of the server before the first query. */
export function openPostgres(url: string): Kysely<Tables> {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'postern',
    types: { getTypeParser: parserOf },
  });
  // a connection that breaks while idle: the next query says so
  pool.on('error', () => undefined);
  // and one that breaks at work: its query says so, and unheard the event would end the process
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

/** PostgreSQL's int8 as a number: ours fit a double. */
const parserOf: typeof pg.types.getTypeParser = (
  type: Parameters<typeof pg.types.getTypeParser>[0],
  format?: 'text' | 'binary',
) => (type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format));

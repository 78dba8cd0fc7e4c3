import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
  sql,
  type TransactionSettings,
} from 'kysely';
import type Libsql from 'libsql';
import type { Tables } from '../schema.ts';
import type { DialectFacts, Trouble, Value } from './facts.ts';

/** How long a writer waits for another; storing 100,000 hosts takes less. */
const WAIT_MS = 60_000;
export interface Connection {
  /** Of pages kept in memory, at most. */
  readonly cacheKib: number;
  /** SQLite's own wait stops the whole process: only for what ends at once, such as a checkpoint. */
  readonly busyMs: number;
}

const ALONE: Connection = { cacheKib: 65_536, busyMs: 50 };
/** The two connections of a server. */
export const READER: Connection = { cacheKib: 32_768, busyMs: 50 };
export const WRITER: Connection = { cacheKib: 4096, busyMs: 2 };
/** Between two tries, a little by chance so that two do not keep step. */
const PAUSE_MS = 10;

export const sqliteFacts: DialectFacts = {
  name: 'sqlite',
  types: { text: 'text', integer: 'integer', bytes: 'blob' },
  isAmong: (column, texts) =>
    sql`${sql.ref(column)} in (select value from json_each(${JSON.stringify(texts)}))`,
  unpack: (columns, rows) => {
    const fields = sql.raw(columns.map((_, index) => `value->>${index}`).join(', '));
    // without `where` SQLite takes the `on` of `on conflict` for a join's
    return sql`select ${fields} from json_each(${JSON.stringify(rows)}) where true`;
  },
  // `begin immediate` holds the only writing lock there is
  lockForMigration: async () => undefined,
  lockForRecording: async () => undefined,
  lockForClaiming: async () => undefined,
  hasTable: async (db, name) => {
    const { rows } = await sql`
      select 1 from sqlite_master where type = 'table' and name = ${name}`.execute(db);
    return rows.length > 0;
  },
  faults: async (db) => {
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
    return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  },
  reclaim: async (tx, pages) => {
    if ((await autoVacuum(tx)) === AUTO_VACUUM.none) return 0;
    await sql.raw(`pragma incremental_vacuum(${pages})`).execute(tx);
    const { rows } = await sql<{ freelist_count: number }>`pragma freelist_count`.execute(tx);
    return rows[0]?.freelist_count ?? 0;
  },
  settle: async (db) => {
    // says in its answer, and not as an error, when others read meanwhile: the next one does it
    await sql`pragma wal_checkpoint(truncate)`.execute(db);
  },
  rebuild: async (db) => {
    if ((await autoVacuum(db)) !== AUTO_VACUUM.none) return;
    await sql`pragma auto_vacuum = incremental`.execute(db);
    await sql`vacuum`.execute(db);
  },
  troubleOf,
};

/** https://www.sqlite.org/pragma.html#pragma_auto_vacuum; stores made before it was set have none. */
const AUTO_VACUUM = { none: 0 };

async function autoVacuum(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ auto_vacuum: number }>`pragma auto_vacuum`.execute(db);
  return rows[0]?.auto_vacuum ?? AUTO_VACUUM.none;
}

function troubleOf(error: unknown): Trouble {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'busy';
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'damaged';
  if (/^SQLITE_(FULL|IOERR|READONLY)/.test(code)) return 'full';
  return code.startsWith('SQLITE_CANTOPEN') ? 'gone' : 'other';
}

/** Begins with the writing lock: a reader that turns writer half way would fail instead of waiting. */
class ImmediateDriver extends SqliteDriver {
  readonly #libsql: Libsql.Database;

  constructor(libsql: Libsql.Database) {
    super({ database: adapted(libsql) });
    this.#libsql = libsql;
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    if (settings?.accessMode === 'read only') {
      await connection.executeQuery(CompiledQuery.raw('begin'));
      return;
    }
    // not as a prepared statement: one that found the store busy stays under way until it is collected
    await patiently(() => this.#libsql.exec('begin immediate'));
  }

  /** A full disk has rolled back already: then this would fail, and that would be told instead. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#libsql.inTransaction) await super.rollbackTransaction(connection);
  }
}

class ImmediateDialect extends SqliteDialect {
  readonly #libsql: Libsql.Database;

  constructor(libsql: Libsql.Database) {
    super({ database: adapted(libsql) });
    this.#libsql = libsql;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#libsql);
  }
}

/**
 * The part of libsql that kysely uses. libsql gives blobs as ArrayBuffer, and ends the process when
 * it is given a boolean.
 */
function adapted(database: Libsql.Database): SqliteDatabase {
  const questions = new Questions(database);
  return {
    close: () => database.close(),
    prepare: (text) =>
      text.startsWith('select ')
        ? questions.statement(text)
        : statement(() => database.prepare(text), text),
  };
}

function statement(prepare: () => Libsql.Statement, text: string): SqliteStatement {
  const prepared = prepare();
  return {
    // one that works step by step and gives no columns (`incremental_vacuum`) stays under way after `run`
    reader: prepared.reader || text.startsWith('pragma'),
    all: (parameters) => prepared.all(valuesOf(parameters)).map(rowOf),
    run: (parameters) => prepared.run(valuesOf(parameters)),
    *iterate(parameters) {
      for (const row of prepared.iterate(valuesOf(parameters))) yield rowOf(row);
    },
  };
}

interface Question {
  readonly prepared: Libsql.Statement;
  readonly columns: readonly string[];
}

/** Statements kept prepared: as many as there are different texts that are asked often. */
const QUESTIONS = 200;

/** Questions that were asked before are not prepared again: that takes longer than most answers. */
class Questions {
  readonly #database: Libsql.Database;
  readonly #known = new Map<string, Question>();

  constructor(database: Libsql.Database) {
    this.#database = database;
  }

  statement(text: string): SqliteStatement {
    // row by row it is under way for long, and would be in the way of the same question
    const alone = () => statement(() => this.#database.prepare(text), text);
    return {
      reader: true,
      all: (parameters) => this.#all(text, valuesOf(parameters)),
      run: (parameters) => alone().run(parameters),
      iterate: (parameters) => alone().iterate(parameters),
    };
  }

  #all(text: string, values: readonly Value[]): unknown[] {
    const { prepared, columns } = this.#known.get(text) ?? this.#prepare(text);
    this.#known.delete(text);
    // one that fails may stay under way, and is not kept
    const rows = prepared.all(values) as readonly (readonly unknown[])[];
    this.#known.set(text, { prepared, columns });
    const [oldest] = this.#known.keys();
    if (this.#known.size > QUESTIONS && oldest !== undefined) this.#known.delete(oldest);
    return rows.map((row) => named(columns, row));
  }

  #prepare(text: string): Question {
    const prepared = this.#database.prepare(text).raw(true);
    return { prepared, columns: prepared.columns().map(({ name }) => name) };
  }
}

function named(columns: readonly string[], row: readonly unknown[]): unknown {
  const made: Record<string, unknown> = {};
  for (let at = 0; at < columns.length; at++) made[columns[at] ?? ''] = bytesOf(row[at]);
  return made;
}

function valuesOf(parameters: readonly unknown[]): Value[] {
  return parameters.map(valueOf);
}

function valueOf(value: unknown): Value {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`a ${typeof value} is no value of a store`);
}

function rowOf(row: unknown): unknown {
  if (typeof row !== 'object' || row === null) return row;
  for (const [name, value] of Object.entries(row)) {
    if (value instanceof ArrayBuffer) Object.assign(row, { [name]: bytesOf(value) });
  }
  return row;
}

function bytesOf(value: unknown): unknown {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
}

/** One by one: Node's own `recursive` never ends where the system refuses a folder with ENOENT (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // another process made it meanwhile
    if (!existsSync(path)) throw error;
  }
}

/** Opens (and makes) the file: only its owner may read it, and what is confirmed is on the disk. */
export async function openSqlite(
  file: string,
  { cacheKib, busyMs }: Connection = ALONE,
): Promise<Kysely<Tables>> {
  if (!existsSync(file)) {
    makeFolder(dirname(file));
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  }
  // not imported: where it has no binary Node throws once more than an import can catch
  const Driver = createRequire(import.meta.url)('libsql') as typeof Libsql;
  const database = new Driver(file, { timeout: busyMs });
  try {
    // only of a file that is still empty: later it takes a `vacuum`
    await patiently(() =>
      database.exec('pragma auto_vacuum = incremental; pragma journal_mode = wal'),
    );
    database.exec(
      `pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -${cacheKib}`,
    );
  } catch (error) {
    database.close();
    throw error;
  }
  return new Kysely({ dialect: new ImmediateDialect(database) });
}

/** Tries again while another process writes. */
async function patiently(work: () => void): Promise<void> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (troubleOf(error) !== 'busy' || Date.now() > until) throw error;
    }
    await sleep(PAUSE_MS * (1 + Math.random()));
  }
}

import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Kysely, Transaction } from 'kysely';
import { messageOf, PosternError, problem } from '../model/errors.ts';
import type { DialectFacts } from './dialects/facts.ts';
import { type Migrated, migrate } from './migrate.ts';
import type { Tables } from './schema.ts';

/** Where a store is. */
export type Place = { readonly file: string } | { readonly url: string };

export interface Store {
  /** For people: the file, or the URL without its password. */
  readonly where: string;
  readonly facts: DialectFacts;
  readonly migrated: Migrated;
  /** Asks. Throws STORE_BUSY, STORE_DAMAGED, STORE_FULL, STORE_GONE. */
  read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** Asks several times of one moment's state, while others go on writing. Throws as `read`. */
  snapshot<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /**
   * Changes all or nothing, and is on the disk when it resolves. What names the same `turn` in this
   * process goes one after the other, and takes no connection until it is its turn: for work that would
   * wait for the same lock, because there are few connections for everybody. Throws as `read`.
   */
  write<T>(work: (tx: Transaction<Tables>) => Promise<T>, turn?: string): Promise<T>;
  close(): Promise<void>;
}

/** The tenant of the command line. */
export const LOCAL = 'local';

/** `--data`, else POSTERN_DATABASE_URL, else the XDG data directory (freedesktop.org basedir-spec 0.8). */
export function placeOf(
  data: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Place {
  const url = env['POSTERN_DATABASE_URL'];
  if (data === undefined && url !== undefined && url !== '') return { url };
  return { file: join(dataFolder(data, env), 'postern.db') };
}

/** Where this machine keeps what is no part of a database: `--data`, else the XDG data directory. */
export function dataFolder(
  data: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (data !== undefined) return resolve(data);
  const xdg = env['XDG_DATA_HOME'];
  // relative paths are to be ignored, says the specification
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share');
  return join(base, 'postern');
}

export interface OpenOptions {
  /**
   * Nobody waits for a writer: writing has a connection of its own, which waits for other processes
   * without holding up this one, and less memory is kept.
   */
  readonly serving?: boolean;
}

/**
 * Opens a store and brings it to the newest schema. Throws STORE_OPEN, STORE_NEWER, STORE_DAMAGED.
 * The libraries of the other kind are not loaded.
 */
export async function openStore(
  place: Place,
  { serving = false }: OpenOptions = {},
): Promise<Store> {
  const where = 'file' in place ? place.file : withoutPassword(place.url);
  const { facts, db, writer } = await connect(place, where, serving);
  try {
    const migrated = await migrate(writer, facts, where);
    return new OpenStore(db, writer, facts, where, migrated);
  } catch (error) {
    await Promise.all([...new Set([db, writer])].map((one) => one.destroy()));
    throw storeProblem(error, facts, where, 'STORE_OPEN');
  }
}

async function connect(place: Place, where: string, serving: boolean) {
  try {
    if ('url' in place) {
      const { openPostgres, postgresFacts } = await import('./dialects/postgres.ts');
      if (!/^postgres(ql)?:\/\//.test(place.url)) throw new Error('it is no postgres:// URL');
      const db = openPostgres(place.url);
      return { facts: postgresFacts, db, writer: db };
    }
    const { openSqlite, sqliteFacts, READER, WRITER } = await import('./dialects/sqlite.ts');
    const failed = (error: unknown): never => {
      throw storeProblem(error, sqliteFacts, where, 'STORE_OPEN');
    };
    const db = await openSqlite(place.file, serving ? READER : undefined).catch(failed);
    const writer = serving ? await openSqlite(place.file, WRITER).catch(failed) : db;
    return { facts: sqliteFacts, db, writer };
  } catch (error) {
    if (error instanceof PosternError) throw error;
    throw problem('STORE_OPEN', { value: where, problem: firstLine(error) }, error);
  }
}

class OpenStore implements Store {
  readonly #db: Kysely<Tables>;
  readonly #writer: Kysely<Tables>;
  /** The last of those who wait for each other. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly where: string;
  readonly facts: DialectFacts;
  readonly migrated: Migrated;

  constructor(
    db: Kysely<Tables>,
    writer: Kysely<Tables>,
    facts: DialectFacts,
    where: string,
    migrated: Migrated,
  ) {
    this.#db = db;
    this.#writer = writer;
    this.facts = facts;
    this.where = where;
    this.migrated = migrated;
  }

  read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#told(() => work(this.#db));
  }

  snapshot<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    const reading = this.#db
      .transaction()
      .setAccessMode('read only')
      .setIsolationLevel('repeatable read');
    return this.#told(() => reading.execute(work));
  }

  write<T>(work: (tx: Transaction<Tables>) => Promise<T>, turn?: string): Promise<T> {
    const now = () => this.#told(() => this.#writer.transaction().execute(work));
    return turn === undefined ? now() : this.#inTurn(turn, now);
  }

  async close(): Promise<void> {
    await this.#writer.destroy();
    if (this.#writer !== this.#db) await this.#db.destroy();
  }

  #inTurn<T>(turn: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#turns.get(turn) ?? Promise.resolve()).then(work);
    const over = done.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(turn, over);
    return done.finally(() => {
      if (this.#turns.get(turn) === over) this.#turns.delete(turn);
    });
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeProblem(error, this.facts, this.where);
    }
  }
}

/** libsql has no binary for every system, and Node says so over several lines. */
function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0] ?? '';
}

/** An error of a database in our words; what is none of them is passed on as it is. */
function storeProblem(
  error: unknown,
  facts: DialectFacts,
  where: string,
  otherwise?: 'STORE_OPEN',
): unknown {
  if (error instanceof PosternError) return error;
  const values = { value: where, problem: firstLine(error) || String(Object(error).code) };
  const trouble = facts.troubleOf(error);
  const code = trouble === 'gone' ? (otherwise ?? 'STORE_GONE') : CODES[trouble];
  const said = code ?? otherwise;
  return said === undefined ? error : problem(said, values, error);
}

const CODES = {
  busy: 'STORE_BUSY',
  damaged: 'STORE_DAMAGED',
  full: 'STORE_FULL',
  other: undefined,
} as const;

function withoutPassword(url: string): string {
  // up to the last @ of the authority, as pg reads it: not everybody writes %40 in a password
  return url
    .replace(/^(\w+:\/\/[^:@/?#]*):[^/?#]*@/, '$1@')
    .replace(/([?&](?:ssl)?password=)[^&]*/g, '$1…');
}

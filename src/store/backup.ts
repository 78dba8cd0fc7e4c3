import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip, createGzip } from 'node:zlib';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { messageOf, PosternError, problem } from '../model/errors.ts';
import { hasBytes, upsert } from './bulk.ts';
import { MIGRATIONS } from './migrate.ts';
import type { Store } from './open.ts';
import { type ReportRow, SHAPES, TABLE_NAMES, type TableName, type Tables } from './schema.ts';

/** Rows read and written at once. */
const ROWS = 1000;
/** Characters zipped at once: each turn goes through another thread. */
const CHUNK = 1 << 18;
const FORMAT = 'postern.backup/1';

const header = z.object({ format: z.literal(FORMAT), schema: z.int(), at: z.string() });
const line = z.object({ table: z.enum(TABLE_NAMES), row: z.record(z.string(), z.unknown()) });
const trailer = z.object({ rows: z.int() });

/**
 * Writes all of a store as gzipped JSON lines: a header, a row a line, and their number as the last,
 * so that half a backup is known for one. Other processes may go on writing: it is one moment's state.
 * A reader of the file never sees half of it. Resolves to the number of rows. Throws BACKUP_FILE.
 */
export async function backup(store: Store, path: string, at: Date): Promise<number> {
  const beside = `${path}.part`;
  const refuse = (error: unknown): unknown =>
    error instanceof PosternError
      ? error
      : problem('BACKUP_FILE', { value: path, problem: messageOf(error) }, error);
  try {
    // before the work: who names an older backup need not wait for it
    if (existsSync(path)) throw new Error('there is a file of that name already');
    // not ours to take away when it is there
    const file = await open(beside, 'wx', 0o600);
    try {
      const rows = await fillFile(store, file, at, refuse);
      await exclusively(beside, path);
      return rows;
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw refuse(error);
  }
}

async function fillFile(
  store: Store,
  file: FileHandle,
  at: Date,
  refuse: (error: unknown) => unknown,
): Promise<number> {
  const zip = createGzip({ level: 1 });
  const writing = async (): Promise<void> => {
    for await (const piece of zip) await file.writeFile(piece as Buffer);
  };
  // in words of ours: the store would take it for trouble of its own
  const written = writing().catch((error: unknown) => {
    throw refuse(error);
  });
  // it may fail before anybody waits for it
  written.catch(() => undefined);
  let joined = '';
  const flush = async (): Promise<void> => {
    const text = joined;
    joined = '';
    if (!zip.write(text) || zip.destroyed) await Promise.race([once(zip, 'drain'), written]);
  };
  const say = async (value: unknown): Promise<void> => {
    joined += `${JSON.stringify(value)}\n`;
    if (joined.length >= CHUNK) await flush();
  };
  try {
    const schema = MIGRATIONS.at(-1)?.version;
    await say({ format: FORMAT, schema, at: at.toISOString() });
    const rows = await store.snapshot((db) => sayTables(db, say));
    await say({ rows });
    await flush();
    zip.end();
    await written;
    await file.sync();
    return rows;
  } finally {
    zip.destroy();
  }
}

async function exclusively(from: string, to: string): Promise<void> {
  // takes the name, so that no older backup is lost
  await (await open(to, 'wx', 0o600)).close();
  await rename(from, to);
}

type Say = (value: unknown) => Promise<void>;

async function sayTables(db: Kysely<Tables>, say: Say): Promise<number> {
  let count = 0;
  for (const table of TABLE_NAMES) {
    for await (const row of rowsOf(db, table)) {
      await say({ table, row });
      count += 1;
    }
  }
  return count;
}

/** Rows in the order of their key, page by page: neither store holds a million at once. */
async function* rowsOf(db: Kysely<Tables>, table: TableName): AsyncGenerator<object> {
  const key: readonly string[] = SHAPES[table].key;
  let last: Readonly<Record<string, unknown>> | undefined;
  for (;;) {
    const rows = await page(db, table, key, last);
    for (const row of rows) yield hasBytes(table) ? asText(table, row) : row;
    last = rows.at(-1);
    if (rows.length < ROWS) return;
  }
}

type Row = Readonly<Record<string, unknown>>;

async function page(
  db: Kysely<Tables>,
  table: TableName,
  key: readonly string[],
  last: Row | undefined,
): Promise<readonly Row[]> {
  // one type for all tables: kysely cannot follow a name that varies
  let query = db
    .selectFrom(table as 'meta')
    .selectAll()
    .limit(ROWS);
  for (const name of key) query = query.orderBy(db.dynamic.ref(name));
  if (last !== undefined) {
    query = query.where((eb) =>
      eb(
        eb.refTuple(...(key as unknown as ['name', 'value'])),
        '>',
        eb.tuple(...(key.map((name) => last[name]) as unknown as [string, string])),
      ),
    );
  }
  return query.execute();
}

/** Bytes as base64. */
function asText(table: TableName, row: Row): Row {
  const bytes = bytesOf(table).map((name) => [
    name,
    Buffer.from(row[name] as Uint8Array).toString('base64'),
  ]);
  return { ...row, ...Object.fromEntries(bytes) };
}

function bytesOf(table: TableName): readonly string[] {
  const columns = Object.entries(SHAPES[table].columns);
  return columns.filter(([, type]) => type === 'bytes').map(([name]) => name);
}

/** Fills an empty store from a backup, all or nothing. Throws BACKUP_FILE, RESTORE_NOT_EMPTY. */
export async function restore(store: Store, path: string): Promise<number> {
  const refuse = (reason: string, cause?: unknown) =>
    problem('BACKUP_FILE', { value: path, problem: reason }, cause);
  try {
    return await store.write(async (tx) => {
      await store.facts.lockForMigration(tx);
      const held = await heldBy(tx);
      if (held !== null) throw problem('RESTORE_NOT_EMPTY', { value: store.where, count: held });
      return await fill(tx, store, readBackup(path));
    });
  } catch (error) {
    if (error instanceof PosternError) throw error;
    throw refuse(
      error instanceof z.ZodError ? 'it is no backup of Postern' : messageOf(error),
      error,
    );
  }
}

/** What a store holds already; null: nothing. A server that was started once has made itself at home. */
async function heldBy(db: Kysely<Tables>): Promise<string | null> {
  for (const table of TABLE_NAMES) {
    const { count } = await db
      .selectFrom(table as 'meta')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    if (count > 0) return `${count} ${count === 1 ? 'row' : 'rows'} of ${table}`;
  }
  return null;
}

async function fill(
  tx: Parameters<typeof upsert>[0],
  store: Store,
  lines: AsyncIterable<unknown>,
): Promise<number> {
  let rows = 0;
  let begun = false;
  let told: number | undefined;
  let table: TableName = 'meta';
  let batch: Row[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await insert(tx, store, table, batch);
    batch = [];
  };
  for await (const value of lines) {
    if (!begun) {
      const { schema } = header.parse(value);
      if (schema > (MIGRATIONS.at(-1)?.version ?? 0)) throw new Error('a later Postern made it');
      begun = true;
      continue;
    }
    const end = trailer.safeParse(value);
    if (end.success) {
      told = end.data.rows;
      continue;
    }
    const read = line.parse(value);
    if (read.table !== table || batch.length >= ROWS) await flush();
    table = read.table;
    batch.push(read.row);
    rows += 1;
  }
  await flush();
  if (told !== rows) throw new Error('it is not whole: its end is missing');
  return rows;
}

async function insert(
  tx: Parameters<typeof upsert>[0],
  { facts }: Store,
  table: TableName,
  rows: readonly Row[],
): Promise<void> {
  if (!hasBytes(table)) {
    await upsert(tx, facts, table, rows as unknown as readonly Tables[typeof table][]);
    return;
  }
  for (const row of rows) {
    const bytes = bytesOf(table).map((name) => [name, Buffer.from(String(row[name]), 'base64')]);
    // one type for both tables: kysely cannot follow a name that varies
    const values = { ...(row as unknown as ReportRow), ...Object.fromEntries(bytes) };
    await tx
      .insertInto(table as 'reports')
      .values(values)
      .execute();
  }
}

async function* readBackup(path: string): AsyncGenerator {
  const source = createReadStream(path);
  const text = source.pipe(createGunzip());
  source.on('error', (error) => text.destroy(error));
  for await (const piece of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    yield JSON.parse(piece) as unknown;
  }
}

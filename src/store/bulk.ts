import { sql, type Transaction } from 'kysely';
import type { DialectFacts, Value } from './dialects/facts.ts';
import { SHAPES, type TableName, type Tables } from './schema.ts';

/** Rows sent at once: bounds the text of one parameter. */
const CHUNK = 2000;

/** Tables whose rows do not travel as JSON. */
type WithBytes = 'reports' | 'agent_audits';

export function hasBytes(table: TableName): table is WithBytes {
  return Object.values(SHAPES[table].columns).includes('bytes');
}

/** Writes rows of one table, over those of the same key: thousands a statement, each once. */
export async function upsert<Name extends Exclude<TableName, WithBytes>>(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  table: Name,
  rows: readonly Tables[Name][],
): Promise<void> {
  const shape = SHAPES[table];
  const names = Object.keys(shape.columns);
  const key: readonly string[] = shape.key;
  const rest = names.filter((name) => !key.includes(name));
  const columns = sql.raw(names.map(quoted).join(', '));
  const settings = sql.raw(
    rest.map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', '),
  );
  for (let from = 0; from < rows.length; from += CHUNK) {
    const packed = rows.slice(from, from + CHUNK).map((row) => {
      const values: Readonly<Record<string, Value>> = { ...row };
      return names.map((name) => {
        const value = values[name] ?? null;
        return typeof value === 'string' ? storable(value) : value;
      });
    });
    await sql`
      insert into ${sql.table(table)} (${columns}) ${facts.unpack(Object.values(shape.columns), packed)}
      on conflict (${sql.raw(key.map(quoted).join(', '))}) do update set ${settings}`.execute(tx);
  }
}

/** PostgreSQL holds no NUL and no half of a surrogate pair in text. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function quoted(name: string): string {
  return `"${name}"`;
}

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Store } from '../../src/store/open.ts';
import { recordLook } from '../../src/store/record.ts';
import { SHAPES, TABLE_NAMES } from '../../src/store/schema.ts';
import { lookOf } from './stored-looks.ts';

/** What a tenant has, to be asked for by its ids. */
export interface TenantThings {
  readonly tenant: string;
  /** In every text of it that people wrote. */
  readonly mark: string;
  readonly address: string;
  readonly scan: string;
  readonly finding: string;
}

let made = 0;

/** A tenant with one of everything. */
export async function makeTenant(store: Store, name = randomUUID()): Promise<TenantThings> {
  made += 1;
  const mark = `mark-${made}-${randomUUID().slice(0, 8)}`;
  const address = `fd70::${made.toString(16)}:1`;
  const look = lookOf({
    at: Date.UTC(2026, 0, 1, 12),
    tcp: '22,80',
    hosts: { [address]: { 22: { severity: 'high' }, 80: 'open' } },
    names: { [address]: [`${mark}.example.org`] },
  });
  await recordLook(store, name, 'scan', look);
  const row = await store.read((db) =>
    db.selectFrom('findings').select('id').where('tenant', '=', name).executeTakeFirstOrThrow(),
  );
  return { tenant: name, mark, address, scan: look.scan.id, finding: row.id };
}

/** Every row of a tenant as text, to see whether somebody changed one. */
export async function rowsOf(store: Store, tenant: string): Promise<string> {
  const tables = TABLE_NAMES.filter((table) => 'tenant' in SHAPES[table].columns);
  const lines: string[] = [];
  for (const table of tables) {
    const key = sql.raw(SHAPES[table].key.map((column) => `"${column}"`).join(', '));
    const { rows } = await store.read((db) =>
      sql`select * from ${sql.table(table)} where tenant = ${tenant} order by ${key}`.execute(db),
    );
    for (const row of rows) lines.push(`${table} ${JSON.stringify(row)}`);
  }
  return lines.join('\n');
}

import { SHAPES, type TableName } from '../../src/store/schema.ts';

/**
 * A row of any table, other in every column than those of other numbers: made of the shape, so that a
 * table that is added later is covered too.
 */
export function anyRow(table: TableName, at: number): Record<string, string | number | Buffer> {
  const columns = Object.entries(SHAPES[table].columns);
  return Object.fromEntries(
    columns.map(([name, type], index) => {
      if (type === 'integer') return [name, Number.MAX_SAFE_INTEGER - at * 1000 - index];
      const text = `${table}.${name} ${at} "\\\n\u{1f6aa}`;
      return [name, type === 'bytes' ? Buffer.from([0, 255, at, ...Buffer.from(text)]) : text];
    }),
  );
}

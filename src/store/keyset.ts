import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely';

/** Columns that sort a list one after another, all of them the same way. */
export interface Step {
  readonly columns: readonly string[];
  readonly order: 'asc' | 'desc';
}

/** The newest first, and of one moment by id. */
export function newestBy(time: string): readonly Step[] {
  return [
    { columns: [time], order: 'desc' },
    { columns: ['id'], order: 'asc' },
  ];
}

/** Which rows of a list: those behind a place, or from the start. */
export interface Slice {
  readonly limit: number;
  /** Values of the columns of the steps, of the last row before; more of it does not matter. */
  readonly after?: object | undefined;
}

/**
 * The rows of `query` in the order of `steps`, which together tell every row from every other. Asked
 * range by range, the longest shared beginning first: each is one that an index finds at once, while
 * one condition with `or` for all of them would go through all rows before the place.
 */
export async function rowsOf<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  steps: readonly Step[],
  { limit, after }: Slice,
): Promise<readonly Row[]> {
  const sorted = steps
    .flatMap(({ columns, order }) => columns.map((column) => ({ column, order })))
    .reduce((sorting, { column, order }) => sorting.orderBy(sql.ref(column), order), query);
  if (after === undefined) return sorted.limit(limit).execute();
  const values = new Map(Object.entries(after));
  const rows: Row[] = [];
  for (let shared = steps.length - 1; shared >= 0 && rows.length < limit; shared--) {
    const range = sorted.where(rangeOf(steps, shared, values)).limit(limit - rows.length);
    rows.push(...(await range.execute()));
  }
  return rows;
}

/** The first steps as in the place, the next one behind it. */
function rangeOf(steps: readonly Step[], shared: number, values: ReadonlyMap<string, unknown>) {
  const names = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)));
  const place = (columns: readonly string[]) =>
    sql.join(columns.map((column) => values.get(column)));
  const compared = steps.slice(0, shared + 1).map(({ columns, order }, at) => {
    const behind = order === 'asc' ? sql`>` : sql`<`;
    return sql`(${names(columns)}) ${at < shared ? sql`=` : behind} (${place(columns)})`;
  });
  return sql<SqlBool>`${sql.join(compared, sql` and `)}`;
}

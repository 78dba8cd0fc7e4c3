import { type Expression, type Kysely, type SqlBool, sql, type Transaction } from 'kysely';
import type { AuthTables } from '../auth-schema.ts';
import type { Value } from '../dialects/facts.ts';
import { SHAPES, type Tables } from '../schema.ts';

/** Tables that a library of sign-in reads and writes by name. */
export type AuthTable = keyof AuthTables;
export type AuthRow = Record<string, Value>;

/** One condition on a column; `or` ones hold when any of them does, the others all. */
export interface Condition {
  readonly column: string;
  readonly operator: Operator;
  readonly value: Value | readonly Value[];
  readonly or: boolean;
  readonly anyCase: boolean;
}

export type Operator =
  | ('eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'not_in')
  | ('contains' | 'starts_with' | 'ends_with');

export interface Selection {
  readonly where: readonly Condition[];
  readonly limit?: number;
  readonly offset?: number;
  readonly sort?: { readonly column: string; readonly descending: boolean };
}

type Db = Kysely<Tables> | Transaction<Tables>;

/** Whether it is one of them: names come from a library's settings. */
export function isAuthTable(name: string): name is AuthTable {
  return name.startsWith('auth_') && name in SHAPES;
}

export async function authRows(db: Db, table: AuthTable, asked: Selection): Promise<AuthRow[]> {
  const { sort, limit, offset } = asked;
  const order =
    sort === undefined
      ? sql``
      : sql` order by ${columnOf(table, sort.column)} ${sql.raw(sort.descending ? 'desc' : 'asc')}`;
  // SQLite knows an offset only after a limit
  const most = limit === undefined && offset === undefined ? sql`` : sql` limit ${limit ?? 1e9}`;
  const from = offset === undefined ? sql`` : sql` offset ${offset}`;
  const { rows } = await sql<AuthRow>`
    select * from ${sql.table(table)} where ${all(table, asked.where)}${order}${most}${from}`.execute(
    db,
  );
  return rows;
}

export async function countAuthRows(
  db: Db,
  table: AuthTable,
  where: readonly Condition[],
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)} where ${all(table, where)}`.execute(db);
  return rows[0]?.count ?? 0;
}

export async function addAuthRow(db: Db, table: AuthTable, row: AuthRow): Promise<AuthRow> {
  const names = Object.keys(row);
  const columns = sql.join(names.map((name) => columnOf(table, name)));
  const values = sql.join(names.map((name) => row[name] ?? null));
  const { rows } = await sql<AuthRow>`
    insert into ${sql.table(table)} (${columns}) values (${values}) returning *`.execute(db);
  return rows[0] ?? row;
}

/** What an update does to columns: sets them, or adds to them. */
export interface Changes {
  readonly set?: AuthRow;
  readonly add?: Readonly<Record<string, number>>;
}

/** Resolves to the rows as they are after. */
export async function changeAuthRows(
  db: Db,
  table: AuthTable,
  where: readonly Condition[],
  { set = {}, add = {} }: Changes,
): Promise<AuthRow[]> {
  const settings = [
    ...Object.entries(set).map(([name, value]) => sql`${columnOf(table, name)} = ${value}`),
    ...Object.entries(add).map(([name, delta]) => {
      const column = columnOf(table, name);
      return sql`${column} = coalesce(${column}, 0) + ${delta}`;
    }),
  ];
  if (settings.length === 0) return authRows(db, table, { where });
  const { rows } = await sql<AuthRow>`
    update ${sql.table(table)} set ${sql.join(settings)} where ${all(table, where)}
    returning *`.execute(db);
  return rows;
}

/** Resolves to the rows that are gone; of two that delete the same one only one gets it. */
export async function removeAuthRows(
  db: Db,
  table: AuthTable,
  where: readonly Condition[],
): Promise<AuthRow[]> {
  const { rows } = await sql<AuthRow>`
    delete from ${sql.table(table)} where ${all(table, where)} returning *`.execute(db);
  return rows;
}

function columnOf(table: AuthTable, name: string) {
  if (!(name in SHAPES[table].columns)) throw new Error(`${table} has no column ${name}`);
  return sql.ref(name);
}

function all(table: AuthTable, conditions: readonly Condition[]): Expression<SqlBool> {
  const each = conditions.filter(({ or }) => !or).map((one) => holds(table, one));
  const any = conditions.filter(({ or }) => or).map((one) => holds(table, one));
  const groups = [...each, ...(any.length === 0 ? [] : [sql`(${sql.join(any, sql` or `)})`])];
  return groups.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(groups, sql` and `)}`;
}

const COMPARE = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

function holds(table: AuthTable, { column, operator, value, anyCase }: Condition) {
  const name = columnOf(table, column);
  const left = anyCase ? sql`lower(${name})` : name;
  const right = (one: Value) => (anyCase && typeof one === 'string' ? one.toLowerCase() : one);
  if (operator === 'in' || operator === 'not_in') {
    const values = isList(value) ? value : [value];
    if (values.length === 0) return operator === 'in' ? sql`1 = 0` : sql`1 = 1`;
    const among = sql`${left} in (${sql.join(values.map(right))})`;
    return operator === 'in' ? among : sql`not (${among})`;
  }
  if (isList(value)) throw new Error(`${operator} takes one value`);
  if (value === null) return operator === 'ne' ? sql`${name} is not null` : sql`${name} is null`;
  switch (operator) {
    case 'contains':
      return sql`${left} like ${`%${pattern(right(value))}%`} escape '!'`;
    case 'starts_with':
      return sql`${left} like ${`${pattern(right(value))}%`} escape '!'`;
    case 'ends_with':
      return sql`${left} like ${`%${pattern(right(value))}`} escape '!'`;
    default:
      return sql`${left} ${sql.raw(COMPARE[operator])} ${right(value)}`;
  }
}

function isList(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

function pattern(value: Value): string {
  return String(value).replace(/[!%_]/g, '!$&');
}

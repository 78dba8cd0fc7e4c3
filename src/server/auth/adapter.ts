import { createAdapterFactory } from 'better-auth/adapters';
import type { Value } from '../../store/dialects/facts.ts';
import type { Store } from '../../store/open.ts';
import {
  type AuthRow,
  type AuthTable,
  addAuthRow,
  authRows,
  type Changes,
  type Condition,
  changeAuthRows,
  countAuthRows,
  isAuthTable,
  type Operator,
  removeAuthRows,
  type Selection,
} from '../../store/queries/auth-rows.ts';

interface Where {
  readonly field: string;
  readonly operator?: Operator | undefined;
  readonly value: unknown;
  readonly connector?: 'AND' | 'OR' | undefined;
  readonly mode?: 'sensitive' | 'insensitive' | undefined;
}

/**
 * better-auth on our store. Dates are milliseconds and booleans 0 or 1 in it, on both kinds of store
 * alike. Without transactions of the library's own: a second one that begins inside the first would
 * wait for it for ever on SQLite; what has to be whole is one statement here or one of our queries.
 */
export function storeAdapter(store: Store) {
  return createAdapterFactory({
    config: {
      adapterId: 'postern',
      adapterName: 'Postern',
      supportsBooleans: false,
      supportsNumericIds: false,
      customTransformInput: ({ data }) => stored(data),
      customTransformOutput: ({ data, fieldAttributes }) =>
        fieldAttributes.type === 'date' && typeof data === 'number' ? new Date(data) : data,
      transaction: false,
    },
    adapter: ({ getFieldName }) =>
      operations(store, (model, field) => getFieldName({ model, field })),
  });
}

function operations(store: Store, columnOf: (model: string, field: string) => string) {
  const read = (model: string, asked: Selection) =>
    store.read((db) => authRows(db, tableOf(model), asked));
  const change = (model: string, where: readonly Where[], changes: Changes) =>
    store.write((tx) => changeAuthRows(tx, tableOf(model), conditions(where), changes));
  const remove = (model: string, where: readonly Where[]) =>
    store.write((tx) => removeAuthRows(tx, tableOf(model), conditions(where)));
  return {
    create: async <T>({ model, data }: { model: string; data: T }): Promise<T> => {
      const row = rowOf(Object(data));
      return (await store.write((tx) => addAuthRow(tx, tableOf(model), row))) as T;
    },
    findOne: async <T>({ model, where }: Ask): Promise<T | null> => {
      const [row] = await read(model, { where: conditions(where), limit: 1 });
      return (row ?? null) as T | null;
    },
    findMany: async <T>({ model, where = [], limit, offset, sortBy }: AskMany): Promise<T[]> =>
      (await read(model, {
        where: conditions(where),
        limit,
        ...(offset === undefined ? {} : { offset }),
        ...(sortBy === undefined
          ? {}
          : {
              sort: {
                column: columnOf(model, sortBy.field),
                descending: sortBy.direction === 'desc',
              },
            }),
      })) as T[],
    count: ({ model, where = [] }: Count): Promise<number> =>
      store.read((db) => countAuthRows(db, tableOf(model), conditions(where))),
    // without a condition the library means nothing, not everything
    update: async <T>({ model, where, update }: Ask & { update: T }): Promise<T | null> => {
      if (where.length === 0) return null;
      const [row] = await change(model, where, { set: rowOf(Object(update)) });
      return (row ?? null) as T | null;
    },
    updateMany: async ({ model, where, update }: Ask & { update: object }): Promise<number> =>
      (await change(model, where, { set: rowOf(update) })).length,
    delete: async ({ model, where }: Ask): Promise<void> => {
      if (where.length > 0) await remove(model, where);
    },
    deleteMany: async ({ model, where }: Ask): Promise<number> =>
      (await remove(model, where)).length,
    consumeOne: async <T>({ model, where }: Ask): Promise<T | null> =>
      (await store.write((tx) => consume(tx, tableOf(model), conditions(where)))) as T | null,
    incrementOne: async <T>({
      model,
      where,
      increment,
      set = {},
    }: Increment): Promise<T | null> => {
      const [row] = await change(model, where, { add: increment, set: rowOf(set) });
      return (row ?? null) as T | null;
    },
  };
}

interface Ask {
  readonly model: string;
  readonly where: readonly Where[];
}

interface Count {
  readonly model: string;
  readonly where?: readonly Where[] | undefined;
}

interface AskMany extends Count {
  readonly limit: number;
  readonly offset?: number | undefined;
  readonly sortBy?: { readonly field: string; readonly direction: 'asc' | 'desc' } | undefined;
}

interface Increment extends Ask {
  readonly increment: Record<string, number>;
  readonly set?: object | undefined;
}

/** Deletes one row that fits, and no other that fits as well; null when somebody was faster. */
async function consume(
  tx: Parameters<typeof authRows>[0],
  table: AuthTable,
  where: readonly Condition[],
): Promise<AuthRow | null> {
  const [found] = await authRows(tx, table, { where, limit: 1 });
  const id = found?.['id'];
  if (id === undefined) return null;
  const own = { column: 'id', operator: 'eq', value: id, or: false, anyCase: false } as const;
  return (await removeAuthRows(tx, table, [...where, own]))[0] ?? null;
}

function tableOf(model: string): AuthTable {
  if (isAuthTable(model)) return model;
  throw new Error(`the store has no table for ${model}`);
}

function conditions(where: readonly Where[]): readonly Condition[] {
  return where.map(({ field, operator = 'eq', value, connector, mode }) => ({
    column: field,
    operator,
    value: (Array.isArray(value) ? value.map(stored) : stored(value)) as Value | Value[],
    or: connector === 'OR',
    anyCase: mode === 'insensitive',
  }));
}

function rowOf(data: object): AuthRow {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, stored(value) as Value]),
  );
}

function stored(value: unknown): unknown {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'boolean' ? Number(value) : value;
}

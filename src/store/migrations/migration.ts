import type { ColumnType } from '../shape.ts';

/** How columns are declared in the store at hand. */
export type Types = Readonly<Record<ColumnType, string>>;

/** One step of the schema. Never changed once it was released: stores have been through it. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** Statements in order. */
  readonly statements: (types: Types) => readonly string[];
}

import type { ColumnType } from '../schema.ts';

/** One step from a schema to the next. Never changed once released: stores were made with it. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** SQL that both databases understand, with the words for columns put in. */
  readonly statements: (types: Readonly<Record<ColumnType, string>>) => readonly string[];
}

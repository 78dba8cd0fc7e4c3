export type ColumnType = 'text' | 'integer' | 'bytes';

export interface TableShape<Row> {
  readonly columns: Readonly<Record<keyof Row & string, ColumnType>>;
  readonly key: readonly (keyof Row & string)[];
}

import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { Tables } from '../schema.ts';
import type { ColumnType } from '../shape.ts';

/** One value of a row as both stores take it. */
export type Value = string | number | null | Uint8Array;

/** Where two databases differ, each difference by its name. Everything else is one set of queries. */
export interface DialectFacts {
  readonly name: 'sqlite' | 'postgres';
  /** How columns are declared. Text sorts by bytes in both. */
  readonly types: Readonly<Record<ColumnType, string>>;
  /** Whether a text column is among texts: a list too long for one parameter each. */
  isAmong(column: string, texts: readonly string[]): RawBuilder<boolean>;
  /** Selects rows that travel as one parameter: `columns` in their order. No bytes. */
  unpack(columns: readonly ColumnType[], rows: readonly (readonly Value[])[]): RawBuilder<unknown>;
  /** Until the end of the transaction no other process migrates. */
  lockForMigration(tx: Transaction<Tables>): Promise<void>;
  /** Until the end of the transaction no other process records for this tenant. */
  lockForRecording(tx: Transaction<Tables>, tenant: string): Promise<void>;
  /** Until the end of the transaction no other process claims a job. */
  lockForClaiming(tx: Transaction<Tables>): Promise<void>;
  /** Whether there is a table of this name. */
  hasTable(db: Kysely<Tables>, name: string): Promise<boolean>;
  /** Looks for damage; a line for each fault. */
  faults(db: Kysely<Tables>): Promise<readonly string[]>;
  /** Gives up to so many pages that hold nothing back to the disk; resolves to how many are left. */
  reclaim(tx: Transaction<Tables>, pages: number): Promise<number>;
  /** Ends a clean-up: what lies beside the store goes into it. */
  settle(db: Kysely<Tables>): Promise<void>;
  /** Gives all room back, however long it takes, where `reclaim` cannot. */
  rebuild(db: Kysely<Tables>): Promise<void>;
  /** What kind of trouble an error of the driver is. */
  troubleOf(error: unknown): Trouble;
}

export type Trouble = 'busy' | 'damaged' | 'full' | 'gone' | 'other';

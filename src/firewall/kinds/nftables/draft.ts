import type { Source } from '../../kind.ts';
import type { JsonObject } from './json.ts';
import type { Reader } from './reader.ts';

/** A table as far as a text has declared it. */
export interface Draft {
  readonly family: string;
  readonly name: string;
  flags: readonly string[];
  readonly chains: Map<string, { chain: JsonObject; rules: JsonObject[] }>;
  readonly sets: Map<string, JsonObject>;
  readonly others: JsonObject[];
}

/** What a text has declared so far. */
export interface State {
  readonly tables: Map<string, Draft>;
  readonly unread: string[];
  /** Texts that may be included; those taken are removed. */
  readonly others: Map<string, Source>;
  commands: number;
}

/** Where an object was met. */
export interface Place {
  readonly state: State;
  /** `add`, `insert`. */
  readonly how: string;
  /** What it was called: `set`, `map`. */
  readonly word: string;
}

/** Reads what stands behind the word of an object and its table. */
export type ObjectReader = (reader: Reader, table: Draft, place: Place) => void;

import type { Kysely, Transaction } from 'kysely';
import { LOCAL } from '../open.ts';
import type { Tables } from '../schema.ts';
import { keepMeta, metaOf } from './meta.ts';

const NAME = 'public-url';

/** Keeps where people reach the server, for commands that make links. */
export async function keepPublicUrl(tx: Transaction<Tables>, value: string): Promise<void> {
  await keepMeta(tx, LOCAL, NAME, value);
}

/** That of the server which started last; null: none has. */
export function keptPublicUrl(db: Kysely<Tables>): Promise<string | null> {
  return metaOf(db, LOCAL, NAME);
}

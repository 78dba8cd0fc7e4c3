import { existsSync } from 'node:fs';
import { problem } from '../model/errors.ts';
import { openStore, placeOf, type Store } from '../store/open.ts';
import type { GlobalOptions } from './options.ts';

/** As `withStore`, for who wants what is in it: makes no new one. Throws STORE_EMPTY. */
export async function withExistingStore<T>(
  options: Pick<GlobalOptions, 'data'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const place = placeOf(options.data, process.env);
  if ('file' in place && !existsSync(place.file)) {
    throw problem('STORE_EMPTY', { value: place.file });
  }
  return withStore(options, work);
}

/** Opens the store that the options and the environment name, and closes it whatever happens. */
export async function withStore<T>(
  { data }: Pick<GlobalOptions, 'data'>,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(placeOf(data, process.env));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

import { openStore, placeOf, type Store } from '../store/open.ts';
import type { GlobalOptions } from './options.ts';

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

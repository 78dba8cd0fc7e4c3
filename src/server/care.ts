import { createTextResolver } from '../net/dns.ts';
import { startLoop } from '../net/loop.ts';
import { queueCompactions } from '../store/compact.ts';
import { grantOwnNetworks } from '../store/queries/grants.ts';
import type { Part } from './part.ts';
import { recheckGrants } from './prove.ts';

/** What is due comes once a day: this is how late it may be. */
const EVERY_MS = 10 * 60 * 1000;

/** Looks after grants and room: asks for proofs again, and queues the compaction of every tenant. */
export function carePart(): Part {
  return {
    name: 'care',
    start: ({ store, now, onFault }) => {
      const names = createTextResolver();
      return startLoop({
        everyMs: EVERY_MS,
        work: async (signal) => {
          await store.write((tx) => grantOwnNetworks(tx, now()));
          await recheckGrants(store, names, now(), signal);
          await queueCompactions(store, now());
        },
        onFault: (error) => onFault('care', error),
      });
    },
  };
}

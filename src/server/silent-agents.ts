import type { Store } from '../store/open.ts';
import { silenceAgents } from '../store/queries/agents.ts';

/**
 * One turn of the loop that notices agents which are not heard of any more, of every tenant: each is an
 * event `agent.silent` once, and `agent.returned` when it says something again. Resolves to how many.
 */
export function silentAgents(store: Store, now: number): Promise<number> {
  return store.write((tx) => silenceAgents(tx, now));
}

import type { Overview } from '../store/queries/overview.ts';

/** How old counts may be. */
const FRESH_MS = 1000;
const KEPT = 256;

/**
 * The counts of overviews, asked of the store once a second at most for a tenant and a time, however
 * many ask: going through all hosts of a tenant takes tens of milliseconds.
 */
export class Counts {
  readonly #known = new Map<string, { readonly at: number; readonly counts: Promise<Overview> }>();

  /** `key` names the tenant and the question. */
  of(key: string, ask: () => Promise<Overview>): Promise<Overview> {
    const known = this.#known.get(key);
    const now = performance.now();
    if (known !== undefined && now - known.at < FRESH_MS) return known.counts;
    const counts = ask();
    counts.catch(() => this.#known.delete(key));
    this.#known.delete(key);
    this.#known.set(key, { at: now, counts });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return counts;
  }
}

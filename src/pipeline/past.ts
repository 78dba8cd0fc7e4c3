import type { Outcome } from '../model/port.ts';
import { type Block, blockOf, parseAddress } from '../targets/address.ts';
import { AddressSet } from '../targets/address-set.ts';
import type { ToldEntry } from './journal/entry.ts';
import { outcomesOf } from './journal/told.ts';

/** Finished hosts put into the set at once. */
const BATCH = 8192;

/**
 * What earlier runs of a scan know. Memory: two numbers per run of finished addresses, and what was
 * told of unfinished hosts.
 */
export class Past {
  readonly #finished = new AddressSet();
  #batch: Block[] = [];
  readonly #begun = new Map<string, ToldEntry[]>();

  told(entry: ToldEntry): void {
    const known = this.#begun.get(entry.address);
    if (known === undefined) this.#begun.set(entry.address, [entry]);
    else known.push(entry);
  }

  finish(address: string): void {
    this.#begun.delete(address);
    const read = parseAddress(address);
    if (read === null) return;
    this.#batch.push(blockOf(read));
    if (this.#batch.length >= BATCH) this.#settle();
  }

  /** Whether everything about an address is known, so that it need not be looked at again. */
  hasFinished(address: string): boolean {
    this.#settle();
    const read = parseAddress(address);
    return read !== null && this.#finished.has(read);
  }

  /** What was told of an unfinished host; forgets it. */
  take(address: string): readonly Outcome[] {
    const known = this.#begun.get(address) ?? [];
    this.#begun.delete(address);
    return known.flatMap(outcomesOf);
  }

  /** Unfinished hosts that nobody has taken. */
  left(): readonly string[] {
    return [...this.#begun.keys()];
  }

  #settle(): void {
    if (this.#batch.length === 0) return;
    this.#finished.add(this.#batch);
    this.#batch = [];
  }
}

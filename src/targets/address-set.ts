import type { Address, Block, V6Block } from './address.ts';
import type { Span } from './intervals.ts';
import { SpanSet } from './intervals.ts';

/**
 * Addresses of both families. Link-local addresses are kept per zone; a block added without a zone
 * holds its addresses in every zone.
 */
export class AddressSet {
  readonly #v4 = new SpanSet<number>();
  /** The empty key is "no zone". */
  readonly #v6 = new Map<string, SpanSet<bigint>>([['', new SpanSet<bigint>()]]);

  /** Adds blocks that are alike in family and zone cheaper together than one by one. */
  add(blocks: readonly Block[]): void {
    const v4: Span<number>[] = [];
    const v6 = new Map<string, V6Block[]>();
    for (const block of blocks) {
      if (block.family === 4) v4.push(block);
      else listIn(v6, block.zone ?? '').push(block);
    }
    this.#v4.add(v4);
    for (const [zone, spans] of v6) this.#zone(zone).add(spans);
  }

  has(address: Address): boolean {
    if (address.family === 4) return this.#v4.has(address.value);
    return this.#zones(address.zone).some((set) => set.has(address.value));
  }

  /** What of `block` is not in the set, in order. */
  without(block: Block): readonly Block[] {
    if (block.family === 4) {
      const whole = [block];
      const left = this.#v4.without(whole);
      return left === whole ? whole : left.map(({ start, end }) => ({ family: 4, start, end }));
    }
    let left: readonly Span<bigint>[] = [block];
    for (const set of this.#zones(block.zone)) left = set.without(left);
    return left.map(({ start, end }) => ({ ...block, start, end }));
  }

  #zones(zone: string | undefined): readonly SpanSet<bigint>[] {
    return zone === undefined ? [this.#zone('')] : [this.#zone(''), this.#zone(zone)];
  }

  #zone(zone: string): SpanSet<bigint> {
    const known = this.#v6.get(zone);
    if (known !== undefined) return known;
    const made = new SpanSet<bigint>();
    this.#v6.set(zone, made);
    return made;
  }
}

function listIn<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const made: V[] = [];
  lists.set(key, made);
  return made;
}

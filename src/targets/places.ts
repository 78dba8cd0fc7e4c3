import type { Block } from './address.ts';
import { addressAt, formatV4, sizeOf } from './address.ts';

/** Numbers the addresses of blocks through, so that half a million blocks cost no more than one. */
export class Places {
  /** How many addresses there are in all. */
  readonly total: number;
  readonly #blocks: readonly Block[];
  /** Number of the first address of each block, and what to add for its value; NaN over IPv6. */
  readonly #firsts: Float64Array;
  readonly #shifts: Float64Array;
  /** For each stretch of 2^`#shift` numbers, the block in which it begins; two stretches a block. */
  readonly #guide: Uint32Array;
  readonly #shift: number;

  constructor(blocks: readonly Block[]) {
    this.#blocks = blocks;
    this.#firsts = new Float64Array(blocks.length);
    this.#shifts = new Float64Array(blocks.length);
    let total = 0;
    for (const [at, block] of blocks.entries()) {
      this.#firsts[at] = total;
      this.#shifts[at] = block.family === 4 ? block.start - total : Number.NaN;
      total += sizeOf(block);
    }
    this.total = total;
    const stretch = total / Math.max(1, 2 * blocks.length);
    this.#shift = Math.max(0, Math.floor(Math.log2(stretch)));
    this.#guide = this.#guides(Math.floor(total / 2 ** this.#shift) + 1);
  }

  /** Canonical text of address number `index`, 0 to `total` - 1. */
  at(index: number): string {
    const block = this.#blockWith(index);
    const shift = this.#shifts[block] ?? Number.NaN;
    if (!Number.isNaN(shift)) return formatV4(shift + index);
    return addressAt(this.#blocks[block] as Block, index - (this.#firsts[block] ?? 0));
  }

  #guides(count: number): Uint32Array {
    const guide = new Uint32Array(count + 1).fill(Math.max(0, this.#blocks.length - 1));
    let block = 0;
    for (let stretch = 0; stretch < count; stretch += 1) {
      while ((this.#firsts[block + 1] ?? Number.NaN) <= stretch * 2 ** this.#shift) block += 1;
      guide[stretch] = block;
    }
    return guide;
  }

  /** The last block that does not begin behind `index`; the guide leaves few to choose from. */
  #blockWith(index: number): number {
    const stretch = index >>> this.#shift;
    let low = this.#guide[stretch] ?? 0;
    let high = this.#guide[stretch + 1] ?? 0;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#firsts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

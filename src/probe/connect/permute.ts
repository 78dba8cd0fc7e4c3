/** A 32-bit integer mixer (finalizer of MurmurHash3, public domain): every input bit reaches every output bit. */
export function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

const ROUNDS = 3;

/**
 * Keyed permutation of 0 … size-1 (size at most 65,536) without memory: a Feistel network over the
 * next even number of bits, walked until it lands inside. Same key, same order.
 */
export class Permutation {
  readonly #size: number;
  readonly #key: number;
  readonly #half: number;
  readonly #mask: number;

  constructor(size: number, key: number) {
    this.#size = size;
    this.#key = key;
    const bits = Math.max(2, 32 - Math.clz32(Math.max(0, size - 1)));
    this.#half = (bits + 1) >> 1;
    this.#mask = (1 << this.#half) - 1;
  }

  /** Where `index` (0 … size-1) goes. Ends: a walk through a permutation returns to its start, which lies inside. */
  at(index: number): number {
    let x = this.#shuffle(index);
    while (x >= this.#size) x = this.#shuffle(x);
    return x;
  }

  #shuffle(value: number): number {
    let left = value >>> this.#half;
    let right = value & this.#mask;
    for (let round = 1; round <= ROUNDS; round++) {
      const next = left ^ (mix(right ^ Math.imul(this.#key + round, 0x9e3779b1)) & this.#mask);
      left = right;
      right = next;
    }
    return (left << this.#half) | right;
  }
}

/** A 32-bit integer mixer (finalizer of MurmurHash3, public domain): every input bit reaches every output bit. */
export function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Keyed permutation of 0 … size-1 (size at most 2^30) without memory: a Feistel network of three
 * rounds over just as many bits as the size has, walked until it lands inside. Same key, same order.
 */
export class Permutation {
  readonly #size: number;
  readonly #first: number;
  readonly #second: number;
  readonly #third: number;
  /** Bits of the low part; the high part has as many or one more. */
  readonly #half: number;
  readonly #lowMask: number;
  readonly #highMask: number;

  constructor(size: number, key: number) {
    this.#size = size;
    this.#first = roundKey(key, 1);
    this.#second = roundKey(key, 2);
    this.#third = roundKey(key, 3);
    const bits = Math.max(2, 32 - Math.clz32(Math.max(0, size - 1)));
    this.#half = bits >> 1;
    this.#lowMask = 2 ** this.#half - 1;
    this.#highMask = 2 ** (bits - this.#half) - 1;
  }

  /** Where `index` (0 … size-1) goes. Ends: a walk through a permutation returns to its start, which lies inside. */
  at(index: number): number {
    let x = this.#shuffle(index);
    while (x >= this.#size) x = this.#shuffle(x);
    return x;
  }

  /** Each part is mixed into the other in turn. */
  #shuffle(value: number): number {
    let low = value & this.#lowMask;
    let high = (value >>> this.#half) ^ (mix(low ^ this.#first) & this.#highMask);
    low ^= mix(high ^ this.#second) & this.#lowMask;
    high ^= mix(low ^ this.#third) & this.#highMask;
    return (high << this.#half) | low;
  }
}

function roundKey(key: number, round: number): number {
  return Math.imul(key + round, 0x9e3779b1);
}

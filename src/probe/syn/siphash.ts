/** A 128-bit key as four 32-bit words, least significant first. */
export type SipKey = readonly [number, number, number, number];

/**
 * SipHash-2-4 (Aumasson and Bernstein 2012) over whole 32-bit words, in 32-bit arithmetic: BigInt
 * would cost more than the packet. One instance per key; not re-entrant.
 */
export class SipHash {
  readonly #key: SipKey;
  #v0l = 0;
  #v0h = 0;
  #v1l = 0;
  #v1h = 0;
  #v2l = 0;
  #v2h = 0;
  #v3l = 0;
  #v3h = 0;

  constructor(key: SipKey) {
    this.#key = key;
  }

  /** The low 32 bits of the hash of two words (8 bytes, little-endian), unsigned. */
  hash2(a: number, b: number): number {
    this.#start();
    this.#compress(a, b);
    this.#compress(0, 8 << 24);
    return this.#end();
  }

  /** The same of `words`, an even number of them, and then of `a` and `b`. */
  hash(words: Uint32Array, from: number, count: number, a: number, b: number): number {
    this.#start();
    for (let at = from; at < from + count; at += 2) {
      this.#compress(words[at] ?? 0, words[at + 1] ?? 0);
    }
    this.#compress(a, b);
    this.#compress(0, ((count + 2) * 4) << 24);
    return this.#end();
  }

  #start(): void {
    const [k0l, k0h, k1l, k1h] = this.#key;
    this.#v0l = k0l ^ 0x70736575;
    this.#v0h = k0h ^ 0x736f6d65;
    this.#v1l = k1l ^ 0x6e646f6d;
    this.#v1h = k1h ^ 0x646f7261;
    this.#v2l = k0l ^ 0x6e657261;
    this.#v2h = k0h ^ 0x6c796765;
    this.#v3l = k1l ^ 0x79746573;
    this.#v3h = k1h ^ 0x74656462;
  }

  #compress(low: number, high: number): void {
    this.#v3l ^= low;
    this.#v3h ^= high;
    this.#rounds(2);
    this.#v0l ^= low;
    this.#v0h ^= high;
  }

  #end(): number {
    this.#v2l ^= 0xff;
    this.#rounds(4);
    return (this.#v0l ^ this.#v1l ^ this.#v2l ^ this.#v3l) >>> 0;
  }

  /** SipRound in local variables: fields would be written back after each step. */
  #rounds(count: number): void {
    let v0l = this.#v0l;
    let v0h = this.#v0h;
    let v1l = this.#v1l;
    let v1h = this.#v1h;
    let v2l = this.#v2l;
    let v2h = this.#v2h;
    let v3l = this.#v3l;
    let v3h = this.#v3h;
    for (let round = 0; round < count; round++) {
      let sum = (v0l >>> 0) + (v1l >>> 0);
      v0h = (v0h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v0l = sum | 0;
      let carry = v1l;
      v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
      v1h = ((v1h << 13) | (carry >>> 19)) ^ v0h;
      carry = v0l;
      v0l = v0h;
      v0h = carry;
      sum = (v2l >>> 0) + (v3l >>> 0);
      v2h = (v2h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v2l = sum | 0;
      carry = v3l;
      v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
      v3h = ((v3h << 16) | (carry >>> 16)) ^ v2h;
      sum = (v0l >>> 0) + (v3l >>> 0);
      v0h = (v0h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v0l = sum | 0;
      carry = v3l;
      v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
      v3h = ((v3h << 21) | (carry >>> 11)) ^ v0h;
      sum = (v2l >>> 0) + (v1l >>> 0);
      v2h = (v2h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      v2l = sum | 0;
      carry = v1l;
      v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
      v1h = ((v1h << 17) | (carry >>> 15)) ^ v2h;
      carry = v2l;
      v2l = v2h;
      v2h = carry;
    }
    this.#v0l = v0l;
    this.#v0h = v0h;
    this.#v1l = v1l;
    this.#v1h = v1h;
    this.#v2l = v2l;
    this.#v2h = v2h;
    this.#v3l = v3l;
    this.#v3h = v3h;
  }
}

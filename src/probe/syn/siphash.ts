/** A 128-bit key as four 32-bit words, least significant first. */
export type SipKey = readonly [number, number, number, number];

/** Blocks hashed before the last one, at most: an IPv6 address and what goes with it. */
const MOST_BLOCKS = 8;

/**
 * SipHash-2-4 (Aumasson and Bernstein 2012) over whole 32-bit words, in 32-bit arithmetic: BigInt
 * would cost more than the packet. One instance per key; not re-entrant.
 */
export class SipHash {
  readonly #key: SipKey;
  /** The message as 64-bit blocks, low word first; the last holds the length. */
  readonly #blocks = new Int32Array((MOST_BLOCKS + 1) * 2);

  constructor(key: SipKey) {
    this.#key = key;
  }

  /** The low 32 bits of the hash of two words (8 bytes, little-endian), unsigned. */
  hash2(a: number, b: number): number {
    const blocks = this.#blocks;
    blocks[0] = a;
    blocks[1] = b;
    blocks[2] = 0;
    blocks[3] = 8 << 24;
    return this.#run(2);
  }

  /** The same of `count` of `words`, an even number up to 14, and then of `a` and `b`. */
  hash(words: Uint32Array, from: number, count: number, a: number, b: number): number {
    const blocks = this.#blocks;
    for (let word = 0; word < count; word++) blocks[word] = words[from + word] ?? 0;
    blocks[count] = a;
    blocks[count + 1] = b;
    blocks[count + 2] = 0;
    blocks[count + 3] = ((count + 2) * 4) << 24;
    return this.#run(count / 2 + 2);
  }

  /** Two rounds for each block and four to end: all state in local variables. A carry is
   * a comparison made a number: V8 sets a register with it, where `? 1 : 0` would be a branch guessed wrong half of the time. */
  #run(count: number): number {
    const blocks = this.#blocks;
    const [k0l, k0h, k1l, k1h] = this.#key;
    let v0l = k0l ^ 0x70736575;
    let v0h = k0h ^ 0x736f6d65;
    let v1l = k1l ^ 0x6e646f6d;
    let v1h = k1h ^ 0x646f7261;
    let v2l = k0l ^ 0x6e657261;
    let v2h = k0h ^ 0x6c796765;
    let v3l = k1l ^ 0x79746573;
    let v3h = k1h ^ 0x74656462;
    for (let block = 0; block <= count; block++) {
      const ending = block === count;
      const low64 = ending ? 0 : (blocks[block * 2] ?? 0);
      const high64 = ending ? 0 : (blocks[block * 2 + 1] ?? 0);
      v3l ^= low64;
      v3h ^= high64;
      if (ending) v2l ^= 0xff;
      for (let round = ending ? 4 : 2; round > 0; round--) {
        let low = (v0l + v1l) | 0;
        v0h = (v0h + v1h + Number(low >>> 0 < v0l >>> 0)) | 0;
        v0l = low;
        let other = v1l;
        v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
        v1h = ((v1h << 13) | (other >>> 19)) ^ v0h;
        other = v0l;
        v0l = v0h;
        v0h = other;
        low = (v2l + v3l) | 0;
        v2h = (v2h + v3h + Number(low >>> 0 < v2l >>> 0)) | 0;
        v2l = low;
        other = v3l;
        v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
        v3h = ((v3h << 16) | (other >>> 16)) ^ v2h;
        low = (v0l + v3l) | 0;
        v0h = (v0h + v3h + Number(low >>> 0 < v0l >>> 0)) | 0;
        v0l = low;
        other = v3l;
        v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
        v3h = ((v3h << 21) | (other >>> 11)) ^ v0h;
        low = (v2l + v1l) | 0;
        v2h = (v2h + v1h + Number(low >>> 0 < v2l >>> 0)) | 0;
        v2l = low;
        other = v1l;
        v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
        v1h = ((v1h << 17) | (other >>> 15)) ^ v2h;
        other = v2l;
        v2l = v2h;
        v2h = other;
      }
      v0l ^= low64;
      v0h ^= high64;
    }
    return (v0l ^ v1l ^ v2l ^ v3l) >>> 0;
  }
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipHash, type SipKey } from './siphash.ts';

const MASK = 0xffff_ffff_ffff_ffffn;
const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & MASK;

/** The algorithm of the paper, word for word in 64-bit numbers. */
function reference(key: SipKey, message: Uint8Array): bigint {
  const k0 = (BigInt(key[1]) << 32n) | BigInt(key[0]);
  const k1 = (BigInt(key[3]) << 32n) | BigInt(key[2]);
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const round = () => {
    v0 = (v0 + v1) & MASK;
    v1 = rotate(v1, 13n) ^ v0;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v3) & MASK;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = (v0 + v3) & MASK;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = (v2 + v1) & MASK;
    v1 = rotate(v1, 17n) ^ v2;
    v2 = rotate(v2, 32n);
  };
  const padded = new Uint8Array(Math.floor(message.length / 8) * 8 + 8);
  padded.set(message);
  padded[padded.length - 1] = message.length & 255;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) {
    const word = view.getBigUint64(at, true);
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let times = 0; times < 4; times++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const keys = fc.tuple(word, word, word, word);

describe('SipHash', () => {
  it('has a reference that gives the value of appendix A of the paper', () => {
    const key: SipKey = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c];
    const message = Uint8Array.from({ length: 15 }, (_, at) => at);
    expect(reference(key, message)).toBe(0xa129ca6149be45e5n);
  });

  it('equals the reference for two words and for many', () => {
    const lists = fc.array(fc.tuple(word, word), { maxLength: 6 });
    fc.assert(
      fc.property(keys, lists, word, word, (key, pairs, a, b) => {
        const words = Uint32Array.from(pairs.flat());
        const all = new Uint8Array(Uint32Array.from([...words, a, b]).buffer);
        const expected = Number(reference(key, all) & 0xffff_ffffn);
        const hash = new SipHash(key);
        expect(hash.hash(words, 0, words.length, a, b)).toBe(expected);
        if (pairs.length === 0) expect(hash.hash2(a, b)).toBe(expected);
      }),
    );
  });
});

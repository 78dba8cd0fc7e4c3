/** Largest size `permutation` takes: its indices are split in two halves of at most 16 bits. */
export const MAX_PERMUTED = 2 ** 32;
const ROUNDS = 4;

/**
 * A keyed shuffle of the indices 0 to `size` - 1 that holds nothing in memory: a Feistel network
 * over the next even number of bits, walked until it falls inside (Black and Rogaway 2002). Same
 * size and seed, same order.
 */
export function permutation(size: number, seed: number): (index: number) => number {
  if (size <= 2) return (index) => index;
  const half = Math.max(1, Math.ceil(Math.log2(size) / 2));
  const mask = 2 ** half - 1;
  return (index) => {
    let value = index;
    do value = encrypt(value, half, mask, seed);
    while (value >= size);
    return value;
  };
}

function encrypt(value: number, half: number, mask: number, seed: number): number {
  let left = Math.floor(value / (mask + 1));
  let right = value & mask;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = left ^ (mix(right, round, seed) & mask);
    left = right;
    right = next;
  }
  return left * 2 ** half + right;
}

/** The finaliser of MurmurHash3 (Appleby, public domain): every input bit reaches every output bit. */
function mix(value: number, round: number, seed: number): number {
  let hash = (value + Math.imul(round + 1, 0x9e3779b9)) ^ seed;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

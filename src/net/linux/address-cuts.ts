const IPV4_END = 2 ** 32;
const IPV6_END = 1n << 128n;

/**
 * The address space cut at the bounds of prefixes: addresses of one interval lie in the same
 * prefixes. Intervals are numbered from 0; looking one up takes no memory.
 */
export class CutsIPv4 {
  readonly #bounds: Float64Array;

  /** `prefixes` are pairs of the first address and the prefix length. */
  constructor(prefixes: Iterable<readonly [first: number, length: number]>) {
    const bounds = [0];
    for (const [first, length] of prefixes) bounds.push(first, first + 2 ** (32 - length));
    this.#bounds = Float64Array.from(bounds)
      .sort()
      .filter((bound, at, all) => bound !== all[at - 1] && bound < IPV4_END);
  }

  get count(): number {
    return this.#bounds.length;
  }

  /** `address` is an unsigned number. */
  intervalOf(address: number): number {
    let low = 0;
    let high = this.#bounds.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#bounds[middle] ?? 0) <= address) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** The same for IPv6. */
export class CutsIPv6 {
  /** Four words per bound, most significant first. */
  readonly #bounds: Uint32Array;

  constructor(prefixes: Iterable<readonly [first: bigint, length: number]>) {
    // No set: V8 hashes the lowest 64 bits of a bigint only, and those of prefixes are all zero.
    const bounds = [0n];
    for (const [first, length] of prefixes) {
      bounds.push(first, first + (1n << BigInt(128 - length)));
    }
    bounds.sort((a, b) => (a < b ? -1 : Number(a > b)));
    const distinct = bounds.filter((bound, at) => bound !== bounds[at - 1] && bound < IPV6_END);
    this.#bounds = new Uint32Array(distinct.length * 4);
    distinct.forEach((bound, at) => {
      for (let word = 0; word < 4; word++) {
        const value = Number((bound >> BigInt(96 - word * 32)) & 0xffff_ffffn);
        this.#bounds[at * 4 + word] = value;
      }
    });
  }

  get count(): number {
    return this.#bounds.length / 4;
  }

  /** `address` is the address's 16 bytes. */
  intervalOf(address: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#isBehind(middle, address)) high = middle;
      else low = middle;
    }
    return low;
  }

  #isBehind(bound: number, address: Uint8Array): boolean {
    for (let word = 0; word < 4; word++) {
      const own = wordOf(address, word * 4);
      const other = this.#bounds[bound * 4 + word] ?? 0;
      if (own !== other) return other > own;
    }
    return false;
  }
}

function wordOf(bytes: Uint8Array, at: number): number {
  const upper = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (upper | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

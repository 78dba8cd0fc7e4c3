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
    const bounds = new Set([0]);
    for (const [first, length] of prefixes) {
      bounds.add(first);
      bounds.add(first + 2 ** (32 - length));
    }
    bounds.delete(IPV4_END);
    this.#bounds = Float64Array.from(bounds).sort();
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
    const bounds = new Set([0n]);
    for (const [first, length] of prefixes) {
      bounds.add(first);
      bounds.add(first + (1n << BigInt(128 - length)));
    }
    bounds.delete(IPV6_END);
    const sorted = BigUint64Array.from(
      [...bounds].sort((a, b) => (a < b ? -1 : 1)).flatMap((bound) => [bound >> 64n, bound]),
    );
    this.#bounds = Uint32Array.from({ length: sorted.length * 2 }, (_, word) =>
      Number(((sorted[word >> 1] ?? 0n) >> (word % 2 === 0 ? 32n : 0n)) & 0xffff_ffffn),
    );
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

import { mix } from '../connect/permute.ts';

/** Bytes kept per address; an IPv4 address stands in the first four, zeros after it. */
export const ADDRESS_BYTES = 16;
const ADDRESS_WORDS = ADDRESS_BYTES / 4;

/** Addresses as they cross into the sending thread. */
export interface HostBlock {
  readonly count: number;
  /** 4 or 6 for each. */
  readonly families: Uint8Array;
  readonly addresses: Uint8Array;
  /** Interface of a link-local IPv6 address, else 0. */
  readonly scopes: Uint32Array;
  /** Whether all of them are this machine's own loopback. */
  readonly loopback: boolean;
  /** One bit for each probe (host × ports + port) that is not to be sent, written over; null: all are sent. */
  readonly left: Uint32Array | null;
}

/** Finds hosts of a block by their address: open addressing, twice the room, no object per host. */
export class HostIndex {
  readonly #block: HostBlock;
  readonly #words: Uint32Array;
  readonly #table: Int32Array;
  readonly #mask: number;
  readonly #sought = new Uint32Array(ADDRESS_WORDS);
  #family: 4 | 6 = 4;
  /** Where the search goes on. */
  #place = 0;

  constructor(block: HostBlock) {
    this.#block = block;
    this.#words = wordsOf(block);
    this.#mask = 2 ** Math.ceil(Math.log2(Math.max(2, block.count * 2))) - 1;
    this.#table = new Int32Array(this.#mask + 1).fill(-1);
    for (let host = 0; host < block.count; host++) this.#insert(host);
  }

  /** Number of the host whose address lies in `bytes` at `at`; -1 when it is none of them. */
  find(bytes: Uint8Array, at: number, family: 4 | 6): number {
    const sought = this.#sought;
    for (let word = 0; word < ADDRESS_WORDS; word++) {
      sought[word] = family === 4 && word > 0 ? 0 : readWord(bytes, at + word * 4);
    }
    this.#family = family;
    this.#place = hashOf(sought, 0) & this.#mask;
    return this.another();
  }

  /** The next host with the address sought last, or -1: link-local ones may be on several interfaces. */
  another(): number {
    for (;;) {
      const host = this.#table[this.#place] ?? -1;
      if (host < 0) return -1;
      this.#place = (this.#place + 1) & this.#mask;
      if (this.#block.families[host] === this.#family && this.#equals(host)) return host;
    }
  }

  #equals(host: number): boolean {
    const at = host * ADDRESS_WORDS;
    const [words, sought] = [this.#words, this.#sought];
    return (
      words[at] === sought[0] &&
      words[at + 1] === sought[1] &&
      words[at + 2] === sought[2] &&
      words[at + 3] === sought[3]
    );
  }

  #insert(host: number): void {
    let place = hashOf(this.#words, host * ADDRESS_WORDS) & this.#mask;
    while ((this.#table[place] ?? -1) >= 0) place = (place + 1) & this.#mask;
    this.#table[place] = host;
  }
}

/** The addresses of a block as 32-bit words, four for each. */
export function wordsOf({ addresses }: HostBlock): Uint32Array {
  return new Uint32Array(addresses.buffer, addresses.byteOffset, addresses.length / 4);
}

function readWord(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  return (low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

function hashOf(words: Uint32Array, at: number): number {
  const far = mix((words[at + 2] ?? 0) ^ mix(words[at + 3] ?? 0));
  return mix((words[at] ?? 0) ^ mix((words[at + 1] ?? 0) ^ far));
}

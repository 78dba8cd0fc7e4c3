import type { Chunk } from './chunk.ts';
import { SipHash, type SipKey } from './siphash.ts';

/** Sequence numbers of probes: a keyed hash of where they go, so that nothing need be remembered to know an answer. */
export class Cookies {
  readonly #sip: SipHash;

  /** `key` must be random. */
  constructor(key: SipKey) {
    this.#sip = new SipHash(key);
  }

  /** 32 bits, unsigned. */
  of(chunk: Chunk, host: number, port: number, sourcePort: number): number {
    const at = host * 4;
    const ports = port * 65_536 + sourcePort;
    if (chunk.block.families[host] === 4) return this.#sip.hash2(chunk.words[at] ?? 0, ports);
    return this.#sip.hash(chunk.words, at, 4, ports, chunk.block.scopes[host] ?? 0);
  }
}

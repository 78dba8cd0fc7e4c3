import { mix } from '../connect/permute.ts';
import type { Limit } from '../engine.ts';

/** Counters there are: two addresses that share one slow each other down, never speed up. */
const CELLS = 65_536;
/** Length of a window in milliseconds; a ceiling is this share of it for each window. */
const WINDOW_MS = 100;
/** A network (IPv4 /24, IPv6 /48) may receive as much as this many of its hosts. */
const HOSTS_PER_NETWORK = 8;

/** Holds what one host and one network receive under a ceiling, at any overall rate. */
export class Ceilings {
  readonly #perHost: number;
  readonly #perNetwork: number;
  readonly #hosts = new Uint16Array(CELLS);
  readonly #networks = new Uint16Array(CELLS);
  #windowEnds = 0;

  /** `perHost` in probes per second; a network may receive eight times as many. */
  constructor(perHost: Limit) {
    const share = perHost === 'max' ? Number.POSITIVE_INFINITY : (perHost * WINDOW_MS) / 1000;
    this.#perHost = Math.max(1, Math.floor(share));
    this.#perNetwork = Math.max(1, Math.floor(share * HOSTS_PER_NETWORK));
  }

  /** Call before asking; milliseconds until the counters start anew. */
  advance(now: number): number {
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS;
      this.#hosts.fill(0);
      this.#networks.fill(0);
    }
    return this.#windowEnds - now;
  }

  /**
   * Whether another probe may go now to the address that lies in four little-endian words at `at`;
   * counts it when it may.
   */
  admit(words: Uint32Array, at: number, v4: boolean): boolean {
    if (this.#perHost === Number.POSITIVE_INFINITY) return true;
    const [first = 0, second = 0] = [words[at], words[at + 1]];
    // The low three bytes of the first word are a /24; with half of the second it is a /48.
    const network = v4 ? mix(first & 0xff_ffff) : mix(first ^ mix((second & 0xffff) + 1));
    const rest = v4 ? 0 : mix((words[at + 2] ?? 0) ^ mix(words[at + 3] ?? 0));
    const cell = mix(first ^ mix(second ^ rest)) & (CELLS - 1);
    const networkCell = network & (CELLS - 1);
    const [sent = 0, sentThere = 0] = [this.#hosts[cell], this.#networks[networkCell]];
    if (sent >= this.#perHost || sentThere >= this.#perNetwork) return false;
    this.#hosts[cell] = sent + 1;
    this.#networks[networkCell] = sentThere + 1;
    return true;
  }
}

import { mix } from '../connect/permute.ts';
import type { Limit } from '../engine.ts';

/** Places there are: two addresses that share one slow each other down, never speed up. */
const CELLS = 65_536;
/** Unused share that may be sent at once, milliseconds' worth of it. */
const BURST_MS = 40;
/** What is admitted leaves at most this much later, milliseconds: a slice of the run is sent by then. */
const LATE_MS = 10;
/** A network (IPv4 /24, IPv6 /48) may receive as much as this many of its hosts. */
const HOSTS_PER_NETWORK = 8;

/**
 * Holds what one host and one network receive under a ceiling, at any overall rate: the generic cell
 * rate algorithm (ITU-T I.371). In no second, wherever it begins, more than the ceiling leaves; for
 * that the long-run share is 1/1.05 of it.
 */
export class Ceilings {
  /** Milliseconds between two probes in the long run. */
  readonly #hostGap: number;
  readonly #networkGap: number;
  /** When each would be due if all came evenly. */
  readonly #hosts = new Float64Array(CELLS);
  readonly #networks = new Float64Array(CELLS);
  #now = 0;

  /** `perHost` in probes per second; a network may receive eight times as many. */
  constructor(perHost: Limit) {
    this.#hostGap = perHost === 'max' ? 0 : (1000 + BURST_MS + LATE_MS) / perHost;
    this.#networkGap = this.#hostGap / HOSTS_PER_NETWORK;
  }

  /** Call before asking; milliseconds, from any start, never backwards. */
  advance(now: number): void {
    this.#now = now;
  }

  /**
   * Whether another probe may go now to the address that lies in four little-endian words at `at`;
   * counts it when it may.
   */
  admit(words: Uint32Array, at: number, v4: boolean): boolean {
    if (this.#hostGap === 0) return true;
    const [first = 0, second = 0] = [words[at], words[at + 1]];
    // The low three bytes of the first word are a /24; with half of the second it is a /48.
    const network = v4 ? mix(first & 0xff_ffff) : mix(first ^ mix((second & 0xffff) + 1));
    const rest = v4 ? 0 : mix((words[at + 2] ?? 0) ^ mix(words[at + 3] ?? 0));
    const cell = mix(first ^ mix(second ^ rest)) & (CELLS - 1);
    const networkCell = network & (CELLS - 1);
    const latest = this.#now + BURST_MS;
    const [due = 0, dueThere = 0] = [this.#hosts[cell], this.#networks[networkCell]];
    if (due > latest || dueThere > latest) return false;
    this.#hosts[cell] = Math.max(due, this.#now) + this.#hostGap;
    this.#networks[networkCell] = Math.max(dueThere, this.#now) + this.#networkGap;
    return true;
  }
}

import { Permutation } from '../connect/permute.ts';
import { type HostBlock, HostIndex, wordsOf } from './hosts.ts';
import { newRoundCount, type RoundCount } from './rounds.ts';

interface ChunkSettings {
  readonly id: number;
  readonly block: HostBlock;
  readonly paths: Int16Array;
  /** Number of ports. */
  readonly ports: number;
  /** Most rounds there can be. */
  readonly rounds: number;
  /** Key of the order. */
  readonly key: number;
}

/** Hosts × ports that are probed together: the unit of memory, of retries and of resting. */
export class Chunk {
  readonly id: number;
  readonly block: HostBlock;
  readonly words: Uint32Array;
  /** Probes in all, those not to be sent included. */
  readonly size: number;
  /** How each host's packets leave, by number of the wire. */
  readonly paths: Int16Array;
  /** Rounds of probes begun: 1 while the first is being sent. */
  pass = 1;
  /** When the next decision is due; Infinity while a round is being sent. */
  dueAt = Number.POSITIVE_INFINITY;
  /** Before this no silent port is asked again. */
  retryAt = Number.POSITIVE_INFINITY;
  /** Probes of this round that wait for a ceiling. */
  held = 0;
  /** Answers by the round they answered, and hosts by the round that their first answer answered. */
  readonly answers: RoundCount;
  readonly hosts: number[];
  /** Whether this round leaves out hosts of which nothing was heard. */
  responsiveOnly = false;
  readonly #order: Permutation;
  readonly #ports: number;
  readonly #index: HostIndex;
  readonly #done: Uint32Array;
  readonly #heard: Uint8Array;
  #next = 0;
  #remaining: number;
  #answered = 0;

  constructor({ id, block, paths, ports, rounds, key }: ChunkSettings) {
    this.id = id;
    this.block = block;
    this.words = wordsOf(block);
    this.paths = paths;
    this.size = block.count * ports;
    this.answers = newRoundCount(rounds);
    this.hosts = Array.from({ length: rounds }, () => 0);
    this.#ports = ports;
    this.#order = new Permutation(this.size, key);
    this.#index = new HostIndex(block);
    this.#heard = new Uint8Array(block.count);
    this.#done = block.left ?? new Uint32Array(Math.ceil(this.size / 32));
    this.#remaining = this.size - countBits(this.#done);
  }

  /** Probes without an answer. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Probes that were answered. */
  get answered(): number {
    return this.#answered;
  }

  /** Whether this round has anything left to send. */
  get sending(): boolean {
    return this.#next < this.size;
  }

  /** Whether no answer has come to this probe, and one is wanted. */
  isOpenQuestion(probe: number): boolean {
    return ((this.#done[probe >>> 5] ?? 0) & (1 << (probe & 31))) === 0;
  }

  /** The next probe of this round, or -1: the round is over, or `tries` in a row were not wanted. */
  take(tries: number): number {
    for (let left = tries; left > 0 && this.#next < this.size; left--) {
      const probe = this.#order.at(this.#next++);
      if (!this.isOpenQuestion(probe)) continue;
      if (this.responsiveOnly && this.#heard[this.hostOf(probe)] === 0) continue;
      return probe;
    }
    return -1;
  }

  /** Notes an answer, to a probe of `round` unless our own side gave it. False when there was one already. */
  settle(probe: number, round = -1): boolean {
    if (!this.isOpenQuestion(probe)) return false;
    this.#done[probe >>> 5] = (this.#done[probe >>> 5] ?? 0) | (1 << (probe & 31));
    this.#remaining -= 1;
    this.#answered += 1;
    const host = this.hostOf(probe);
    if (round >= 0 && this.#heard[host] === 0) this.hosts[round] = (this.hosts[round] ?? 0) + 1;
    this.#heard[host] = 1;
    return true;
  }

  /** Begins another round over everything unanswered. */
  again(responsiveOnly: boolean): void {
    this.pass += 1;
    this.#next = 0;
    this.dueAt = Number.POSITIVE_INFINITY;
    this.responsiveOnly = responsiveOnly;
  }

  hostOf(probe: number): number {
    return (probe / this.#ports) | 0;
  }

  /** Number of the host with an address that lies in `bytes`; -1 when it is not of this chunk. */
  find(bytes: Uint8Array, at: number, family: 4 | 6): number {
    return this.#index.find(bytes, at, family);
  }

  /** The next one with the same address, or -1. */
  another(): number {
    return this.#index.another();
  }

  /** One bit for each probe that was answered or not to be sent. */
  get settled(): Uint32Array {
    return this.#done;
  }
}

function countBits(words: Uint32Array): number {
  let count = 0;
  for (let word of words) for (; word !== 0; word &= word - 1) count += 1;
  return count;
}

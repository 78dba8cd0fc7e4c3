import type { Reason, StackFacts } from '../../model/port.ts';
import type { Memory } from '../../net/linux/libc.ts';
import { type AnswerKind, AnswerReader, Stacks } from './answer.ts';
import type { Chunk } from './chunk.ts';
import type { Cookies } from './cookies.ts';

/** An echoed time stamp older than this is not ours. */
const OLDEST_ECHO_US = 60_000_000;

/** What one packet said about a probe of ours. One instance is used again for each. */
export interface Heard {
  readonly chunk: Chunk;
  readonly probe: number;
  /** Which of our source ports it came to, from 0. */
  readonly round: number;
  readonly kind: AnswerKind;
  readonly reason: Reason;
}

export interface HearingSettings {
  readonly ports: readonly number[];
  /** The first of our source ports, and how many there are. */
  readonly sourcePort: number;
  readonly sourcePorts: number;
}

/** Finds out which probe a packet answers, and whether the answer is genuine. */
export class Hearing {
  readonly #settings: HearingSettings;
  readonly #cookies: Cookies;
  readonly #reader = new AnswerReader();
  readonly #stacks = new Stacks();
  readonly #portIndex = new Int32Array(65_536).fill(-1);

  constructor(settings: HearingSettings, cookies: Cookies) {
    this.#settings = settings;
    this.#cookies = cookies;
    settings.ports.forEach((port, at) => {
      this.#portIndex[port] = at;
    });
  }

  /** Looks of SYN-ACKs by number. */
  get stacks(): readonly StackFacts[] {
    return this.#stacks.facts;
  }

  /** What the packet answers; null for what is no answer to a probe of these chunks. */
  read(
    bytes: Memory,
    offset: number,
    length: number,
    family: 4 | 6,
    chunks: Iterable<Chunk>,
  ): Heard | null {
    const reader = this.#reader;
    if (!reader.read(bytes, offset, length, family)) return null;
    const { ports, sourcePort, sourcePorts } = this.#settings;
    const round = reader.ourPort - sourcePort;
    const portAt = this.#portIndex[reader.port] ?? -1;
    if (round < 0 || round >= sourcePorts || portAt < 0) return null;
    for (const chunk of chunks) {
      let host = chunk.find(bytes, reader.addressAt, family);
      while (host >= 0 && !this.#isOurs(chunk, host)) host = chunk.another();
      if (host < 0) continue;
      const probe = host * ports.length + portAt;
      return { chunk, probe, round, kind: reader.kind, reason: reader.reason };
    }
    return null;
  }

  /** Number of the look of the SYN-ACK read last; -1 for other answers. */
  stackOf(bytes: Memory): number {
    const reader = this.#reader;
    if (reader.kind !== 'syn-ack') return -1;
    return this.#stacks.numberOf(reader.ttl, reader.window, reader.options(bytes));
  }

  /** Round trip of the answer read last, by the time stamp it echoes; -1 when it tells none. */
  rttUs(nowUs: number): number {
    if (this.#reader.echo < 0) return -1;
    const elapsed = (nowUs - this.#reader.echo) >>> 0;
    return elapsed <= OLDEST_ECHO_US ? elapsed : -1;
  }

  /** A RST may acknowledge the sequence number alone, where the SYN itself was not counted. */
  #isOurs(chunk: Chunk, host: number): boolean {
    const { kind, port, ourPort, sequence } = this.#reader;
    const cookie = this.#cookies.of(chunk, host, port, ourPort);
    return sequence === cookie || (kind === 'rst' && sequence === (cookie - 1) >>> 0);
  }
}

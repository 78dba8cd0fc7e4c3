/** Ports asked again at once, at most; a host without a limit answers to all of them. */
const MOST = 16;
const FIRST = 8;
/** Pause between two volleys, milliseconds: at first, and what the host's silence makes of it at most. */
const FIRST_MS = 100;
const LONGEST_MS = 4000;
const SHORTEST_MS = 10;
/** For so long silent ports of one host are asked again, milliseconds. */
export const DOUBT_MS = 60_000;

/**
 * The ports of a host that refuses some and is silent on others. Systems send few refusals (Linux
 * one a second to each peer, after six at once: icmp(7), icmp_ratelimit), so that silence may be a
 * refusal withheld.
 *
 * They are asked again in volleys, each followed by a witness: a port known to be closed. When
 * the witness is refused, the host had a refusal left for each of the others, so that their silence
 * is their own. When it is not, the host sends no more for now: volleys become smaller and rarer
 * until they fit what it sends.
 */
export class Doubts {
  /** A port that was refused. */
  readonly witness: number;
  readonly #endAt: number;
  #waiting: number[];
  #size = FIRST;
  #pauseMs = FIRST_MS;
  #readyAt: number;
  #volley: Set<number> | null = null;
  #refused = 0;
  #witnessed = false;

  constructor(ports: readonly number[], witness: number, now: number) {
    this.#waiting = [...ports];
    this.witness = witness;
    this.#readyAt = now + FIRST_MS;
    this.#endAt = now + DOUBT_MS;
  }

  get readyAt(): number {
    return this.#readyAt;
  }

  get underWay(): boolean {
    return this.#volley !== null;
  }

  get over(): boolean {
    return this.#waiting.length === 0 && this.#volley === null;
  }

  /** The ports of the next volley, the witness to be asked after them; empty while it is not time. */
  next(now: number): readonly number[] {
    if (this.#volley !== null || now < this.#readyAt) return [];
    const ports = this.#waiting.splice(0, this.#size);
    this.#volley = new Set(ports);
    this.#refused = 0;
    this.#witnessed = false;
    return ports;
  }

  /** The port refused or answered: it is settled. */
  settled(port: number, refused: boolean): void {
    if (refused && port === this.witness) this.#witnessed = true;
    if (this.#volley?.delete(port) === true && refused) this.#refused += 1;
  }

  /** Ends the volley. Returns the ports whose silence is their own. */
  close(now: number): readonly number[] {
    const left = [...(this.#volley ?? [])];
    this.#volley = null;
    this.#readyAt = now + this.#pauseMs;
    if (this.#witnessed) {
      this.#size = Math.min(MOST, this.#size * 2);
      this.#pauseMs = Math.max(SHORTEST_MS, this.#pauseMs * 0.75);
      return left;
    }
    this.#waiting.push(...left);
    this.#size = Math.max(1, this.#refused);
    const factor = this.#refused === 0 ? 2 : 0.75;
    this.#pauseMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, this.#pauseMs * factor));
    return [];
  }

  /** The ports to give up on when the time is over, else none. */
  expired(now: number): readonly number[] {
    if (now < this.#endAt || this.#volley !== null) return [];
    const left = this.#waiting;
    this.#waiting = [];
    return left;
  }
}

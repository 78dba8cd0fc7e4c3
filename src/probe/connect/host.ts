import { HostAnswers } from './answer-tally.ts';
import { Fifo } from './fifo.ts';
import { LossCount } from './loss.ts';
import type { HostPace } from './pace.ts';
import { Permutation } from './permute.ts';
import { RttEstimator } from './rtt.ts';
import { TokenBucket } from './token-bucket.ts';
import { ConnectWindow } from './window.ts';

/**
 * An attempt in one integer: port, above it the number of the attempt from 1, and above that how many
 * SYNs the kernel sent of its own in the attempts before.
 */
export function attemptCode(port: number, attempt: number, resent = 0): number {
  return (resent * 256 + attempt) * 65536 + port;
}
export function portOf(code: number): number {
  return code & 0xffff;
}
export function attemptOf(code: number): number {
  return (code >>> 16) & 0xff;
}
export function resentOf(code: number): number {
  return code >>> 24;
}

/** Nothing to send to this host until an answer comes, or ever. */
export const NOTHING = -1;

interface Repeat {
  readonly code: number;
  readonly due: number;
}

export interface HostSettings<Target> {
  /** Number of the host within the run, from 0. */
  readonly id: number;
  readonly address: string;
  readonly target: Target;
  readonly ports: readonly number[];
  readonly pace: HostPace;
  /** Not subject to the overall rate. */
  readonly exempt: boolean;
  /** Key of the port order. */
  readonly key: number;
}

/** Holds back nobody and counts nothing, so that hosts can share it. */
const UNLIMITED = new TokenBucket('max', 0);

/** One address with unfinished ports: what is left to send, how fast it may go, what was measured. */
export class Host<Target> {
  readonly id: number;
  readonly address: string;
  readonly target: Target;
  readonly exempt: boolean;
  readonly rtt = new RttEstimator();
  readonly loss = new LossCount();
  readonly answers = new HostAnswers();
  readonly window: ConnectWindow | null;
  readonly bucket: TokenBucket;
  inFlight = 0;
  outcomes = 0;
  /** True while it stands in the queue of hosts with something to send. */
  queued = false;
  /** When a timer will look at it again; Infinity without one. */
  wakeAt = Number.POSITIVE_INFINITY;
  /** Attempts in a row that our own side could not make. */
  shortages = 0;
  readonly #ports: readonly number[];
  readonly #order: Permutation;
  /** Made for the first one: most hosts have none. */
  #repeats: Fifo<Repeat> | null = null;
  #next = 0;

  constructor(settings: HostSettings<Target>, now: number) {
    this.id = settings.id;
    this.address = settings.address;
    this.target = settings.target;
    this.exempt = settings.exempt;
    this.window = settings.pace.windowed ? new ConnectWindow() : null;
    this.bucket =
      settings.pace.rate === 'max' ? UNLIMITED : new TokenBucket(settings.pace.rate, now);
    this.#ports = settings.ports;
    this.#order = new Permutation(settings.ports.length, settings.key);
  }

  get complete(): boolean {
    return this.outcomes === this.#ports.length;
  }

  get portCount(): number {
    return this.#ports.length;
  }

  get windowOpen(): boolean {
    return this.window === null || this.inFlight < this.window.size;
  }

  /** When the next repeated attempt is due; Infinity without one. */
  get repeatDue(): number {
    return this.#repeats?.peek()?.due ?? Number.POSITIVE_INFINITY;
  }

  /** The next attempt to make now: repeats that are due first, then fresh ports in this host's order. */
  take(now: number): number {
    if (this.repeatDue <= now) return this.#repeats?.shift()?.code ?? NOTHING;
    if (this.#next >= this.#ports.length) return NOTHING;
    const port = this.#ports[this.#order.at(this.#next)] ?? 0;
    this.#next += 1;
    return attemptCode(port, 1);
  }

  repeat(code: number, due: number): void {
    this.#repeats ??= new Fifo();
    this.#repeats.push({ code, due });
  }
}

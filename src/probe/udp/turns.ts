import { Fifo } from '../connect/fifo.ts';
import { OverallPace } from '../connect/pace.ts';
import type { Pace } from '../engine.ts';

interface Turn {
  /** Not subject to the overall rate. */
  readonly exempt: boolean;
  /** True while it waits for its turn. */
  queued: boolean;
}

/** Hosts with something to send, in turn: those the overall rate does not concern, then the others as it lets them. */
export class Turns<Host extends Turn> {
  readonly #free = new Fifo<Host>();
  readonly #paced = new Fifo<Host>();
  readonly #overall: OverallPace;

  constructor(rate: Pace['rate'], now: number) {
    this.#overall = new OverallPace(rate, now);
  }

  /** Probes per second aimed at over all hosts; undefined without a limit. */
  get target(): number | undefined {
    return this.#overall.target;
  }

  get size(): number {
    return this.#free.size + this.#paced.size;
  }

  push(host: Host): void {
    if (host.queued) return;
    host.queued = true;
    (host.exempt ? this.#free : this.#paced).push(host);
  }

  /** The host whose turn it is; undefined when there is none, or the rate lets none. */
  next(now: number): Host | undefined {
    const held = this.#free.size === 0 && this.#overall.bucket.delayMs(now) > 0;
    const host = held ? undefined : (this.#free.shift() ?? this.#paced.shift());
    if (host !== undefined) host.queued = false;
    return host;
  }

  /** A datagram to this host has been sent. */
  spend(host: Host): void {
    if (!host.exempt) this.#overall.bucket.take();
  }

  /** Milliseconds until a turn can be taken: 0 when one can now, Infinity when nobody waits. */
  delayMs(now: number): number {
    if (this.#free.size > 0) return 0;
    return this.#paced.size > 0 ? this.#overall.bucket.delayMs(now) : Number.POSITIVE_INFINITY;
  }
}

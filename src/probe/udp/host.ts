import { Fifo } from '../connect/fifo.ts';
import { Permutation } from '../connect/permute.ts';
import { RttEstimator } from '../connect/rtt.ts';
import { TokenBucket } from '../connect/token-bucket.ts';
import type { Limit } from '../engine.ts';
import type { Ask } from './ask.ts';
import type { Addressee } from './carrier.ts';
import type { Doubts } from './doubt.ts';

export interface HostSettings<Target extends Addressee> {
  /** Number of the host within the run, from 0. */
  readonly id: number;
  readonly address: string;
  readonly target: Target;
  readonly ports: readonly number[];
  readonly rate: Limit;
  /** Not subject to the overall rate. */
  readonly exempt: boolean;
  /** Key of the port order. */
  readonly key: number;
}

/** One address with unfinished ports. */
export class UdpHost<Target extends Addressee> {
  readonly id: number;
  readonly address: string;
  readonly target: Target;
  readonly exempt: boolean;
  readonly portCount: number;
  readonly bucket: TokenBucket;
  readonly rtt = new RttEstimator();
  /** Ports being asked, by number. */
  readonly asks = new Map<number, Ask>();
  /** Those of them that have something to send now. */
  readonly ready = new Fifo<Ask>();
  /** Ports that stayed silent through their whole plan. */
  silent: number[] = [];
  /** A port that the host itself refused. */
  refused: number | null = null;
  doubts: Doubts | null = null;
  outcomes = 0;
  /** True while it stands in the queue of hosts with something to send. */
  queued = false;
  /** When a timer will look at it again; Infinity without one. */
  wakeAt = Number.POSITIVE_INFINITY;
  /** Datagrams in a row that our own side could not send. */
  shortages = 0;
  readonly #ports: readonly number[];
  readonly #order: Permutation;
  #next = 0;

  constructor(settings: HostSettings<Target>, now: number) {
    this.id = settings.id;
    this.address = settings.address;
    this.target = settings.target;
    this.exempt = settings.exempt;
    this.portCount = settings.ports.length;
    this.bucket = new TokenBucket(settings.rate, now);
    this.#ports = settings.ports;
    this.#order = new Permutation(settings.ports.length, settings.key);
  }

  get complete(): boolean {
    return this.outcomes === this.portCount;
  }

  /** Every port has been asked, and the silent ones are all that is left. */
  get onlySilenceLeft(): boolean {
    return this.asks.size === 0 && this.#next >= this.#ports.length;
  }

  /** The next port that nobody has asked yet, in this host's order. */
  fresh(): number | undefined {
    if (this.#next >= this.#ports.length) return undefined;
    const port = this.#ports[this.#order.at(this.#next)];
    this.#next += 1;
    return port;
  }
}

import type { Outcome, Silence } from '../model/port.ts';
import type { LossEstimate } from '../model/scan.ts';

/** Probes per second, or no limit at all. */
export type Limit = number | 'max';

/** How fast an engine may go. */
export interface Pace {
  /** Overall probes per second; `auto` lets the engine adapt to losses under its own ceiling. */
  readonly rate: Limit | 'auto';
  /** Probes per second to one address. Loopback addresses of this machine are exempt unless a number is given. */
  readonly perHost: Limit | 'auto';
}

/** What an engine reports while it runs and in the end. Counters only grow. */
export interface EngineStats {
  /** Connection attempts or packets sent, retries included. */
  probes: number;
  retries: number;
  /** Ports with an outcome. */
  outcomes: number;
  /** Times it ran short of descriptors, source ports or memory and slowed down. */
  slowdowns: number;
  /** Probes per second aimed at now, over all hosts; absent: no limit, or it has none of its own. */
  targetRate?: number;
  /** Engines that send packets themselves: what the receiver counted. */
  packets?: PacketStats;
  /** How many open ports losses have hidden, as far as is known now; absent: not measured. */
  loss?: LossEstimate;
}

export interface PacketStats {
  /** Packets that the kernel's filter let through to us. */
  received: number;
  /** Those that carried the cookie of a probe of ours. */
  valid: number;
  /** Valid ones about a port that had answered already. */
  duplicates: number;
  /** Packets the kernel dropped because our buffer was full. */
  dropped: number;
}

/** The pace of each of `engines` that run side by side: numbers are limits over all of them. */
export function sharedPace({ rate, perHost }: Pace, engines: number): Pace {
  const part = <Value>(limit: Value | number) =>
    typeof limit === 'number' ? limit / engines : limit;
  return { rate: part(rate), perHost: part(perHost) };
}

export interface ProbeOptions {
  readonly pace: Pace;
  /** Ends the run: no new probe is sent, open sockets are closed, the iterator ends within 500 ms. */
  readonly signal: AbortSignal;
  /** The engine adds to it as it goes; the caller reads it whenever it likes. */
  readonly stats: EngineStats;
  /** Called with a code of docs/errors.md and a message when something slowed the engine down; at most once per cause. */
  readonly warn: (message: string) => void;
  /** Upper bound in milliseconds for waiting on one probe; the engine adapts below it. Default 3,000. */
  readonly timeoutMs?: number;
  /** Probes sent before a silent port is called `filtered`, at least 1. Default 2. */
  readonly attempts?: number;
  /** Key of the order in which the ports of each host are probed: same seed, same order. Default 0. */
  readonly seed?: number;
  /**
   * The ports to ask of one address, some of `ports` in their order; absent: all of them. An
   * address for which it gives none is not probed. Used by shards and to resume.
   */
  readonly portsOf?: (address: string) => readonly number[];
}

/** What an engine tells: about one port, or about all silent ports of an address at once. */
export type Told = Outcome | Silence;

export function isSilence(told: Told): told is Silence {
  return 'ports' in told;
}

/**
 * Finds out which ports of which addresses are open.
 *
 * For every address that `addresses` yields and every number in `ports` there is exactly one
 * `Outcome`, or one place in a `Silence`, also when our own side fails. They come in batches, in no promised order: those of
 * one address are spread over time so that no peer is flooded. Batches are never empty and belong
 * to the caller: an engine does not touch one again.
 *
 * `addresses` is pulled lazily and holds no address twice; `ports` is constant and holds no number
 * twice. An address has been finished when as many outcomes as `ports` has members have come for
 * it; memory depends on the number of unfinished addresses, which the engine bounds, never on the
 * number of addresses in all.
 *
 * Cancelling (`signal`) or leaving the loop (`return()`) ends the run: the addresses not finished by
 * then simply have fewer outcomes. An engine never throws for anything a peer did.
 */
export interface Engine {
  /** Short name for reports (`epoll`, `node`). */
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  /** Most probes per second that the rate `auto` takes. */
  readonly autoRate: number;
  probe(
    addresses: AsyncIterable<string>,
    ports: readonly number[],
    options: ProbeOptions,
  ): AsyncIterable<readonly Told[]>;
}

/** A kind of engine that may or may not run on this machine. */
export interface EngineKind {
  readonly name: string;
  /** Why it cannot run here, or null when it can. Loads nothing heavy. */
  unavailable(): Promise<string | null>;
  create(): Promise<Engine>;
}

import type { PortState, Reason } from '../../model/port.ts';

/** What became of one connection attempt. `self` and `short` say nothing about the peer: the attempt is repeated. */
export interface Answer {
  /**
   * A port state; `self` when TCP connected to itself (simultaneous open, RFC 9293 §3.5: the source
   * port equalled the destination's on our own address); `short` when descriptors, source ports or
   * memory ran out.
   */
  readonly state: PortState | 'self' | 'short';
  readonly reason: Reason;
}

export const OPEN: Answer = { state: 'open', reason: 'syn-ack' };
export const CLOSED: Answer = { state: 'closed', reason: 'rst' };
export const SILENT: Answer = { state: 'filtered', reason: 'no-response' };
export const SELF: Answer = { state: 'self', reason: 'other-local' };

/** What both dialers tell of our own side, and of an ICMP error that nobody could look into. */
export const NO_ROUTE: Answer = { state: 'local-error', reason: 'no-route' };
export const FORBIDDEN: Answer = { state: 'local-error', reason: 'permission' };
export const NO_FAMILY: Answer = { state: 'local-error', reason: 'address-family' };
export const OTHER: Answer = { state: 'local-error', reason: 'other-local' };
export const UNREACHABLE: Answer = { state: 'unreachable', reason: 'icmp-unreachable' };
export const NO_DESCRIPTORS: Answer = { state: 'short', reason: 'descriptors' };
export const NO_PORTS: Answer = { state: 'short', reason: 'source-ports' };
export const NO_MEMORY: Answer = { state: 'short', reason: 'memory' };

/** Receives what `collect` found: `rttMs` is absent where no round trip could be told. */
export type Sink = (slot: number, answer: Answer, rttMs?: number) => void;

/**
 * The part of an engine that touches sockets; everything else is shared. An attempt is known by its
 * slot, a small integer that the caller picks and may use again after the answer or `drop`.
 */
export interface Dialer<Target> {
  readonly name: string;
  /** Attempts that may be under way at once. */
  readonly capacity: number;
  /** Prepares an address once for many attempts; an Answer when it can never be reached. */
  target(address: string): Target | Answer;
  /** Begins an attempt. Null while it is under way; the answer when it is known at once. */
  dial(slot: number, target: Target, port: number): Answer | null;
  /** Ends an attempt that took too long; no answer comes for it. */
  drop(slot: number): void;
  /** Hands over the answers that have come. Never waits. */
  collect(sink: Sink): void;
  /** Resolves when an answer may have come, after `ms` milliseconds, or at `wake`. */
  wait(ms: number): Promise<void>;
  wake(): void;
  /** Ends all attempts and frees everything. Idempotent. */
  close(): void;
}

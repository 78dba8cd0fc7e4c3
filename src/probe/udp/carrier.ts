import type { Answer } from '../connect/dialer.ts';
import type { Waiter } from '../drive.ts';

/** An address prepared for many datagrams. */
export interface Addressee {
  /** Equal for equal addresses; how a carrier names where an answer came from. */
  readonly key: string;
}

/** Receives what came in. */
export interface CarrierSink {
  /** `payload` holds at most the first 4,096 of `length` bytes, and belongs to the receiver. */
  datagram(key: string, port: number, payload: Uint8Array, length: number): void;
  /** An ICMP error about a datagram to that port, or a failure of our own side. */
  failure(key: string, port: number, answer: Answer): void;
}

/** The part of a UDP engine that touches sockets; everything else is shared. */
export interface Carrier<Target extends Addressee> extends Waiter {
  readonly name: string;
  /** Ports that may be waited for at once. */
  readonly capacity: number;
  /** An Answer when the address can never be reached. */
  target(address: string): Target | Answer;
  /**
   * Sends one datagram, or takes it for sending at the next `flush`. With `fromAnyPort` answers from
   * all ports of the host are wanted. The answer when it is known at once that it cannot be sent.
   */
  send(target: Target, port: number, payload: Uint8Array, fromAnyPort: boolean): Answer | null;
  flush(): void;
  /** Nothing more is wanted from this port. */
  release(target: Target, port: number): void;
  /** Hands over what has come in. Never waits. */
  collect(sink: CarrierSink): void;
}

export const REFUSED: Answer = { state: 'closed', reason: 'icmp-port-unreachable' };
/** Payload bytes kept of a datagram. */
export const KEPT_BYTES = 4096;

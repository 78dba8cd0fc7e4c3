import type { TlsDetails } from '../model/service.ts';

/** How a wait for bytes ended. Each fact has its own word; none of them is an exception. */
export type ReplyEnd =
  /** The caller's `until` was satisfied. */
  | 'complete'
  /** The peer ended its side in an orderly way (FIN). */
  | 'closed'
  /** The peer tore the connection down (RST). */
  | 'reset'
  /** Nothing more came in the time given. */
  | 'timeout'
  /** The byte or time budget of this conversation is spent. */
  | 'budget'
  /** The scan was cancelled. */
  | 'cancelled';

export interface Reply {
  /** Everything received and not yet consumed, including what a satisfied `until` did not claim. */
  readonly bytes: Uint8Array;
  readonly end: ReplyEnd;
}

/**
 * Says how many leading bytes make one complete message, or `null` while more are needed. Pure;
 * called again with the whole buffer whenever bytes arrive.
 */
export type Framing = (buffered: Uint8Array) => number | null;

export interface TlsOptions {
  /** Protocols offered by ALPN (RFC 7301), most wanted first. */
  readonly alpn?: readonly string[];
}

/**
 * One connection to one port, handed to a protocol plugin. The plugin never learns the address and
 * never dials: what it may do is what this interface offers, within budgets that the conversation
 * enforces (bytes received, time, number of fresh connections). No method throws or rejects for
 * anything the peer does.
 */
export interface Conversation {
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  /** The host name we were asked to look at, for SNI and Host headers; absent for bare addresses. */
  readonly serverName: string | undefined;
  /** Text for a Host header when no name is known: the address, IPv6 in brackets. Not for dialling. */
  readonly authority: string;
  /** The TLS layer this conversation runs in, if any. */
  readonly tls: TlsDetails | undefined;

  /** Queues bytes for sending. A failed send shows in the next `receive`. */
  send(bytes: Uint8Array | string): void;

  /**
   * Waits until `until` claims a message, the peer ends, `waitMs` passes (default 2,000) or a
   * budget is spent. A claimed message is consumed: `bytes` holds just it, and the rest stays for
   * the next call. When it ends otherwise, `bytes` holds everything buffered, consumed. With no
   * `until`, the first bytes to arrive (whatever is buffered then) complete it.
   */
  receive(until?: Framing, waitMs?: number): Promise<Reply>;

  /**
   * Starts TLS on this connection (after STARTTLS was agreed). Resolves to the layer's details, or
   * to null when the handshake failed; after that the conversation is over.
   */
  startTls(options?: TlsOptions): Promise<TlsDetails | null>;

  /**
   * A new connection to the same port in the same layer (TLS again where `tls` is set), spaced in
   * time from the last one; null when it cannot be had or the budget of connections is spent.
   */
  fresh(options?: TlsOptions): Promise<Conversation | null>;

  /** The first bytes received over the conversation's whole life, at most 4,096. */
  readonly received: Uint8Array;
}

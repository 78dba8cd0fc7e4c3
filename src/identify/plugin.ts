import type { z } from 'zod';
import type { TlsDetails } from '../model/service.ts';
import type { Conversation } from '../net/conversation.ts';

/** What a plugin found out. `details` must satisfy the plugin's schema. */
export interface Identity<Details> {
  readonly product?: string;
  readonly version?: string;
  /** CPE 2.3 formatted string (NISTIR 7695). */
  readonly cpe?: string;
  readonly details: Details;
  /** The layer entered by STARTTLS during the conversation, if any. */
  readonly startTls?: TlsDetails;
}

/**
 * One protocol: everything about it in one file of `protocols/`.
 *
 * `manners` says how it behaves on the wire. `listen`: the server speaks first and we begin with
 * nothing; `ask`: we send one harmless request of the protocol. There is nothing beyond: a plugin
 * sends no password, no command that changes anything, nothing malformed.
 */
export interface Protocol<Schema extends z.ZodType = z.ZodType> {
  /** File name without ending, the word used in reports and policies: `redis`. */
  readonly name: string;
  /** For people: `Redis`. */
  readonly title: string;
  readonly transport: 'tcp' | 'udp';
  /**
   * Where it runs: `tcp` on the bare transport, also inside TLS where that makes sense; `http` it
   * is an application behind HTTP, tried when its port suggests it or `recognises` says so of an
   * HTTP response.
   */
  readonly over: 'tcp' | 'http';
  /** The one layer it exists in (http in the clear, https in TLS); absent: either. */
  readonly within?: 'bare' | 'tls';
  /** Ports on which it is tried first. */
  readonly ports: readonly number[];
  /** Ports on which it is expected inside TLS from the first byte (993 for imap). */
  readonly tlsPorts?: readonly number[];
  readonly manners: 'listen' | 'ask';
  /** zod object with a `.describe()` on each field; docs, API and UI read it. */
  readonly details: Schema;
  /**
   * Whether bytes look like this protocol: a greeting, or an answer to something else's request
   * (a Redis says `-ERR` to an HTTP GET). Pure, cheap, never throws. A hint of what to try next,
   * never an identification. Required for `listen`.
   */
  readonly recognises?: (this: void, bytes: Uint8Array) => boolean;
  /**
   * Talks until it knows; null when this is something else. For `listen` the greeting has not been
   * consumed. Must not throw for anything a peer sends.
   */
  identify(talk: Conversation): Promise<Identity<z.infer<Schema>> | null>;
}

/** Keeps the schema's type through the declaration of a protocol. */
export function defineProtocol<Schema extends z.ZodType>(
  protocol: Protocol<Schema>,
): Protocol<Schema> {
  return protocol;
}

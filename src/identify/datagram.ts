import type { z } from 'zod';
import type { Identity } from './plugin.ts';

/** One thing to say to a UDP port. */
export interface DatagramQuestion {
  /** Word of `DatagramFacts.question`: the protocol's name, with what tells several apart (`snmp-v3`). */
  readonly name: string;
  /** Where it is asked; absent: on all ports of the protocol. */
  readonly ports?: readonly number[];
  /** The payload; `token` is 32 bits that nobody else can guess, for identifiers. */
  payload(this: void, token: number): Uint8Array;
  /** Whether a payload answers this question; absent: nobody can tell. Never throws. */
  answers?(this: void, payload: Uint8Array, token: number): boolean;
  /** The answer comes from a port of the server's own choice (TFTP). */
  readonly fromAnyPort?: boolean;
}

/** What is known of an answer beside its bytes. */
export interface DatagramContext {
  readonly port: number;
  /** Name of the question it came for. */
  readonly question: string;
}

/**
 * Asks the same port once more, with a second try. Resolves to the first datagram that comes, null
 * when none does.
 */
export type AskMore = (payload: Uint8Array, waitMs?: number) => Promise<Uint8Array | null>;

/**
 * One protocol over UDP: everything about it in one file of `datagrams/`. It sends no password, no
 * command that changes anything, nothing malformed.
 */
export interface DatagramProtocol<Schema extends z.ZodType = z.ZodType> {
  /** Word used in reports and policies; that of `protocols/` where both speak the same. */
  readonly name: string;
  /** For people: `DNS`. */
  readonly title: string;
  /** Ports on which its questions are asked. */
  readonly ports: readonly number[];
  /** Asked one after the other until something answers; at least one. */
  readonly questions: readonly DatagramQuestion[];
  /** zod object with a `.describe()` on each field; docs, API and UI read it. */
  readonly details: Schema;
  /** What an answer tells; null when it is of another protocol. Pure, never throws. */
  read(this: void, payload: Uint8Array, context: DatagramContext): Identity<z.infer<Schema>> | null;
  /** Asks on, now that the protocol is known. */
  follow?(
    this: void,
    identity: Identity<z.infer<Schema>>,
    ask: AskMore,
  ): Promise<Identity<z.infer<Schema>>>;
}

/** Keeps the schema's type through the declaration of a protocol. */
export function defineDatagram<Schema extends z.ZodType>(
  protocol: DatagramProtocol<Schema>,
): DatagramProtocol<Schema> {
  return protocol;
}

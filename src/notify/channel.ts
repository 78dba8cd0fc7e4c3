import type { Socket } from 'node:net';
import type { z } from 'zod';
import type { Answer, Outgoing } from './guarded-fetch.ts';
import type { Alert } from './message.ts';

/** What a channel may use of the world; nothing else opens a connection. */
export interface World {
  now(): Date;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** An HTTP request that cannot reach inside; resolves with a 2xx answer, else throws NOTIFY_*. */
  fetch(request: Outgoing): Promise<Answer>;
  /** A TCP connection to an address that was checked; the caller ends it. Throws NOTIFY_*. */
  connect(host: string, port: number): Promise<Socket>;
  /** The addresses of a host that may be written to, never empty. Throws NOTIFY_*. */
  addresses(host: string): Promise<readonly string[]>;
}

/**
 * A way to tell people. One file in `channels/`, named as the channel, one line in registry.ts and a
 * section in docs/alerts.md. A channel words a message and hands it over; it never retries, logs or
 * puts a secret into an error.
 */
export interface Channel<Settings extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  /** Every field with a description; secrets by `secret`, so that they may be `env:` or `file:`. */
  readonly settings: Settings;
  /**
   * Resolves when the peer has taken the message. Throws NOTIFY_REFUSED when another try is of no
   * use, NOTIFY_UNREACHABLE when it may be.
   */
  send(message: Alert, settings: z.infer<Settings>, world: World): Promise<void>;
}

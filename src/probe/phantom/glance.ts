/** How a connection to one port began. `silent`: no answer in time; `local`: our own side failed. */
export type Handshake = 'completed' | 'refused' | 'silent' | 'unreachable' | 'local';

/** What a quick look at one port showed. */
export interface Glance {
  readonly handshake: Handshake;
  /** All that the peer said, its first 1,024 bytes. */
  readonly said: Uint8Array;
  /** How many of these came before we had said anything. */
  readonly saidFirst: number;
  /** Times at which bytes arrived, in milliseconds from the handshake; the first 64. */
  readonly arrivals: readonly number[];
  /** Whether we said anything: we do not where the peer ended first, or where bytes would be printed. */
  readonly asked: boolean;
  /** How it stood in the end: still open, ended in order (FIN), or torn down (RST). */
  readonly end: 'open' | 'closed' | 'reset';
  /** Whether what we said was acknowledged; absent where nothing was said or the kernel does not tell. */
  readonly acknowledged?: boolean;
  /** The peer's receive window in the end, in bytes; absent where the kernel does not tell. */
  readonly window?: number;
  /** The options that the peer's stack agreed to; absent where the kernel does not tell. */
  readonly stack?: string;
}

/** How long a look waits, in milliseconds. */
export interface Patience {
  /** For the handshake. */
  readonly connectMs: number;
  /** For the peer to speak first, before we do. */
  readonly greetingMs: number;
  /** For an answer to what we said. */
  readonly answerMs: number;
  /** After the last bytes of an answer, for more. */
  readonly quietMs: number;
  /** Ends the look once the peer has spoken over so long a time; absent: it does not. */
  readonly enoughMs?: number;
}

export interface GlanceRequest {
  readonly address: string;
  readonly port: number;
  readonly patience: Patience;
  /** What to say when the peer does not end first; empty: nothing. */
  readonly question: Uint8Array;
  readonly signal: AbortSignal;
}

/** Takes quick looks through ordinary connections. Never rejects for anything a peer does. */
export interface Observer {
  glance(request: GlanceRequest): Promise<Glance>;
}

const NOTHING = new Uint8Array();

/** A look that never got as far as a connection. */
export function withoutConnection(handshake: Exclude<Handshake, 'completed'>): Glance {
  return { handshake, said: NOTHING, saidFirst: 0, arrivals: [], asked: false, end: 'closed' };
}

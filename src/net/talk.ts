import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { TlsDetails } from '../model/service.ts';
import type { Conversation, Framing, Reply, ReplyEnd, TlsOptions } from './conversation.ts';
import type { DialFailure } from './dial.ts';
import { handshake } from './tls.ts';

/** First bytes of a conversation that are kept for reports. */
const KEPT_BYTES = 4096;
/** First bytes of ours that are kept to know an echo by. */
const SAID_BYTES = 64;
const DEFAULT_WAIT_MS = 2000;
const HANDSHAKE_MS = 5000;
/**
 * With this much unclaimed, arrivals are framed together for some milliseconds: a peer that drips
 * byte by byte would otherwise have everything read again for each.
 */
const LARGE_BYTES = 8192;
const GATHER_MS = 5;

export interface Budget {
  /** Bytes received in one conversation. */
  readonly bytes: number;
  /** Life of one conversation in milliseconds. */
  readonly timeMs: number;
  /** Connections to one port in all. */
  readonly connections: number;
  /** Least time between two connections to one port in milliseconds. */
  readonly spacingMs: number;
  readonly connectTimeoutMs: number;
}

export type Opened =
  | { readonly talk: Talk; readonly failure?: undefined; readonly refused?: undefined }
  | {
      readonly talk?: undefined;
      readonly failure: DialFailure | 'budget' | 'tls';
      /** What the peer showed of TLS before it ended the handshake for want of a client certificate. */
      readonly refused?: TlsDetails;
    };

/** The port a conversation is with, as far as a conversation needs it; `peer.ts` has the real one. */
export interface Opener {
  readonly port: number;
  readonly serverName: string | undefined;
  readonly authority: string;
  readonly budget: Budget;
  open(tls?: TlsOptions): Promise<Opened>;
}

/** A conversation over a socket. Created by `Peer.open`; whoever opened it calls `close`. */
export class Talk implements Conversation {
  readonly transport = 'tcp';
  tls: TlsDetails | undefined;
  /** Set when a handshake failed only because the peer wants a client certificate. */
  refused: TlsDetails | undefined;
  readonly #peer: Opener;
  readonly #signal: AbortSignal;
  readonly #deadline: number;
  readonly #patienceMs: number;
  readonly #children: Talk[] = [];
  #stream: Socket | TLSSocket;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #receivedBytes = 0;
  #kept = new Uint8Array(0);
  #end: ReplyEnd | null = null;
  #wake: (() => void) | null = null;
  /** The first bytes we sent, and how many of them went out at first. */
  #said = new Uint8Array(0);
  #openingBytes = 0;

  constructor(
    peer: Opener,
    socket: Socket,
    signal: AbortSignal,
    patienceMs = Number.POSITIVE_INFINITY,
  ) {
    this.#peer = peer;
    this.#stream = socket;
    this.#signal = signal;
    this.#patienceMs = patienceMs;
    this.#deadline = performance.now() + peer.budget.timeMs;
    signal.addEventListener('abort', this.#cancel, { once: true });
    this.#attach();
  }

  get port(): number {
    return this.#peer.port;
  }

  get serverName(): string | undefined {
    return this.#peer.serverName;
  }

  get authority(): string {
    return this.#peer.authority;
  }

  /** How the connection ended; null while it stands. */
  get ended(): ReplyEnd | null {
    return this.#end;
  }

  get received(): Uint8Array {
    return this.#kept;
  }

  /**
   * Whether the peer just sent our words back, all of them as far as it got. No answer to a
   * question, whatever it looks like: some protocols agree to a version by repeating it, and an
   * echo service (RFC 862) repeats everything. One that repeats the opening and then answers (the
   * handshake of JDWP) does not count.
   */
  get echoed(): boolean {
    const said = this.#said;
    const heard = this.#kept.subarray(0, said.length);
    return (
      this.#openingBytes >= 4 &&
      heard.length >= this.#openingBytes &&
      heard.every((byte, at) => said[at] === byte)
    );
  }

  send(bytes: Uint8Array | string): void {
    this.#noteSaid(bytes);
    if (this.#end === null && this.#stream.writable) this.#stream.write(bytes);
  }

  #noteSaid(bytes: Uint8Array | string): void {
    const room = SAID_BYTES - this.#said.length;
    if (room <= 0) return;
    this.#said = Uint8Array.from([...this.#said, ...Buffer.from(bytes).subarray(0, room)]);
    if (this.#openingBytes === 0) this.#openingBytes = this.#said.length;
  }

  async receive(until?: Framing, waitMs = DEFAULT_WAIT_MS): Promise<Reply> {
    const wait = this.#kept.length === 0 ? Math.min(waitMs, this.#patienceMs) : waitMs;
    const patience = Math.min(performance.now() + wait, this.#deadline);
    for (;;) {
      const buffered = this.#buffered();
      const length = buffered.length === 0 ? null : until ? until(buffered) : buffered.length;
      if (length !== null && length <= buffered.length) return this.#claim(buffered, length);
      if (this.#end !== null) return this.#surrender(this.#end);
      const now = performance.now();
      if (now >= this.#deadline) return this.#surrender('budget');
      if (now >= patience) return this.#surrender('timeout');
      await this.#arrival(patience - now);
    }
  }

  /**
   * Waits until more than `known` bytes are buffered, and leaves them for `receive`. False when they
   * did not come in time or the conversation is over.
   */
  async peek(known: number, waitMs: number): Promise<boolean> {
    const patience = Math.min(performance.now() + waitMs, this.#deadline);
    while (this.#pendingBytes <= known) {
      const left = patience - performance.now();
      if (this.#end !== null || left <= 0) return false;
      await this.#arrival(left);
    }
    return true;
  }

  async startTls(options: TlsOptions = {}): Promise<TlsDetails | null> {
    return this.#end === null ? this.enterTls(options, true) : null;
  }

  /** Wraps the connection in TLS; what was buffered in the clear is dropped (RFC 3207 §4.2). */
  async enterTls(
    options: TlsOptions,
    startTls: boolean,
    patienceMs = HANDSHAKE_MS,
  ): Promise<TlsDetails | null> {
    this.#detach();
    this.#pending = [];
    this.#pendingBytes = 0;
    const left = Math.max(1, this.#deadline - performance.now());
    const result = await handshake(this.#stream, {
      ...options,
      serverName: this.serverName,
      startTls,
      timeoutMs: Math.min(left, patienceMs),
      signal: this.#signal,
    });
    if (result === null || result.refused !== undefined) {
      this.refused = result?.refused;
      this.#finish(this.#signal.aborted ? 'cancelled' : 'closed');
      this.close();
      return null;
    }
    this.#stream = result.stream;
    this.tls = result.details;
    this.#attach();
    return result.details;
  }

  async fresh(options?: TlsOptions): Promise<Conversation | null> {
    const inTls = this.tls !== undefined && !this.tls.startTls;
    const opened = await this.#peer.open(inTls ? (options ?? {}) : undefined);
    if (opened.failure !== undefined) return null;
    this.#children.push(opened.talk);
    return opened.talk;
  }

  /** Ends the connection, and those opened by `fresh`, at once. */
  close(): void {
    this.#signal.removeEventListener('abort', this.#cancel);
    this.#detach();
    this.#stream.destroy();
    for (const child of this.#children.splice(0)) child.close();
  }

  readonly #cancel = (): void => {
    this.#finish('cancelled');
    this.#stream.destroy();
  };

  readonly #onData = (chunk: Uint8Array): void => {
    this.#receivedBytes += chunk.length;
    if (this.#kept.length < KEPT_BYTES) this.#keep(chunk);
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#receivedBytes >= this.#peer.budget.bytes) {
      this.#finish('budget');
      this.#stream.destroy();
    }
    this.#notify();
  };

  readonly #onEnd = (): void => this.#finish('closed');
  readonly #onError = (error: NodeJS.ErrnoException): void =>
    this.#finish(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'closed');
  readonly #onClose = (): void => this.#finish('closed');

  #attach(): void {
    this.#stream.on('data', this.#onData);
    this.#stream.once('end', this.#onEnd);
    this.#stream.once('error', this.#onError);
    this.#stream.once('close', this.#onClose);
  }

  #detach(): void {
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.off('error', this.#onError);
    this.#stream.off('close', this.#onClose);
    this.#stream.pause();
  }

  #keep(chunk: Uint8Array): void {
    const joined = new Uint8Array(Math.min(KEPT_BYTES, this.#kept.length + chunk.length));
    joined.set(this.#kept);
    joined.set(chunk.subarray(0, joined.length - this.#kept.length), this.#kept.length);
    this.#kept = joined;
  }

  #finish(end: ReplyEnd): void {
    this.#end ??= end;
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }

  #arrival(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#notify(), ms);
      this.#wake = (): void => {
        clearTimeout(timer);
        // one turn later, so that chunks that arrive together are framed together
        if (this.#pendingBytes < LARGE_BYTES || this.#end !== null) setImmediate(resolve);
        else setTimeout(resolve, GATHER_MS);
      };
    });
  }

  #buffered(): Uint8Array {
    const [first] = this.#pending;
    if (first === undefined) return new Uint8Array(0);
    if (this.#pending.length === 1) return first;
    const whole = new Uint8Array(this.#pendingBytes);
    let offset = 0;
    for (const chunk of this.#pending) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    this.#pending = [whole];
    return whole;
  }

  #claim(buffered: Uint8Array, length: number): Reply {
    const rest = buffered.subarray(length);
    this.#pending = rest.length === 0 ? [] : [rest];
    this.#pendingBytes = rest.length;
    return { bytes: buffered.subarray(0, length), end: 'complete' };
  }

  #surrender(end: ReplyEnd): Reply {
    const bytes = this.#buffered();
    this.#pending = [];
    this.#pendingBytes = 0;
    return { bytes, end };
  }
}

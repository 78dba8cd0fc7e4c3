import { isIPv6, type Socket } from 'node:net';
import { isLoopback } from '../model/loopback.ts';
import type { TlsOptions } from './conversation.ts';
import { type DialFailure, dial } from './dial.ts';
import { type Budget, type Opened, type Opener, Talk } from './talk.ts';

export const DEFAULT_BUDGET: Budget = {
  bytes: 256 * 1024,
  timeMs: 10_000,
  connections: 40,
  spacingMs: 100,
  connectTimeoutMs: 4000,
};

/** This machine keeps no other client waiting. */
const LOOPBACK_BUDGET: Partial<Budget> = { spacingMs: 10 };

/**
 * Pauses before another try when a port that was open refuses: a wrong handshake makes up to 30 %
 * of follow-ups fail, and three quarters of those recover within 5 s (Izhikevich 2021).
 */
const REFUSED_PAUSES_MS = [250, 1000, 4000];

export interface PeerOptions {
  readonly address: string;
  readonly port: number;
  readonly serverName?: string;
  readonly signal: AbortSignal;
  readonly budget?: Partial<Budget>;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Host of a URL (RFC 3986 §3.2.2). A zone means nothing to the peer and is left out (RFC 6874 §4). */
function authorityOf(address: string): string {
  return isIPv6(address) ? `[${address.split('%', 1)[0]}]` : address;
}

/** One TCP port of one address: opens spaced conversations with it until its budget is spent. */
export class Peer implements Opener {
  readonly port: number;
  readonly serverName: string | undefined;
  readonly authority: string;
  readonly budget: Budget;
  readonly #address: string;
  readonly #signal: AbortSignal;
  #connections = 0;
  /** Round trip of the last connection in milliseconds. */
  rttMs = 0;
  #lastOpened = Number.NEGATIVE_INFINITY;
  /** A whole series of tries has failed: from then on one try each must do, or every question waits anew. */
  #gone = false;

  constructor(options: PeerOptions) {
    this.#address = options.address;
    this.port = options.port;
    this.serverName = options.serverName;
    this.authority = authorityOf(options.address);
    this.#signal = options.signal;
    const nearby = isLoopback(options.address) ? LOOPBACK_BUDGET : {};
    this.budget = { ...DEFAULT_BUDGET, ...nearby, ...options.budget };
  }

  /** Connections made so far. */
  get connections(): number {
    return this.#connections;
  }

  /**
   * Opens a conversation on the bare transport, or inside TLS when `tls` is given. `patienceMs`
   * bounds the TLS handshake, and each wait until the peer has said its first word.
   */
  async open(tls?: TlsOptions, patienceMs?: number): Promise<Opened> {
    const dialed = await this.#dial();
    if (dialed.failure !== undefined) return { failure: dialed.failure };
    const talk = new Talk(this, dialed.socket, this.#signal, patienceMs);
    if (tls === undefined) return { talk };
    const details = await talk.enterTls(tls, false, patienceMs);
    if (details !== null) return { talk };
    return { failure: 'tls', ...(talk.refused === undefined ? {} : { refused: talk.refused }) };
  }

  async #dial(): Promise<
    { socket: Socket; failure?: undefined } | { failure: DialFailure | 'budget' }
  > {
    let failure: DialFailure | 'budget' = 'budget';
    for (const wait of this.#gone ? [0] : [0, ...REFUSED_PAUSES_MS]) {
      await pause(wait, this.#signal);
      await this.#space();
      if (this.#signal.aborted) return { failure: 'cancelled' };
      if (this.#connections >= this.budget.connections) break;
      this.#connections += 1;
      const dialed = await dial({
        address: this.#address,
        port: this.port,
        timeoutMs: this.budget.connectTimeoutMs,
        signal: this.#signal,
      });
      this.#lastOpened = performance.now();
      if (dialed.failure === undefined) {
        this.#gone = false;
        this.rttMs = dialed.rttMs;
        return { socket: dialed.socket };
      }
      failure = dialed.failure;
      if (failure === 'cancelled' || failure === 'unreachable') return { failure };
    }
    this.#gone = true;
    return { failure };
  }

  #space(): Promise<void> {
    return pause(this.#lastOpened + this.budget.spacingMs - performance.now(), this.#signal);
  }
}

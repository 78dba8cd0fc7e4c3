import { isIP, Socket } from 'node:net';
import { isSelfConnected } from '../../net/dial.ts';
import {
  type Answer,
  CLOSED,
  type Dialer,
  NO_FAMILY,
  OPEN,
  OTHER,
  SELF,
  SILENT,
  type Sink,
} from './dialer.ts';
import { type CodeAnswers, NODE_ERRORS } from './node-answers.ts';
import { Pause } from './pause.ts';

/** Sockets at once: node:net gets no faster beyond, and macOS and Windows have small tables. */
const MAX_SOCKETS = 4096;

const CODES: CodeAnswers = {
  ...NODE_ERRORS,
  ECONNREFUSED: [CLOSED, CLOSED],
  // The handshake was complete: only an established connection can be reset or broken.
  ECONNRESET: [OPEN, OPEN],
  EPIPE: [OPEN, OPEN],
  ETIMEDOUT: [SILENT, SILENT],
};

/**
 * Reads an error of `connect`. Node names the local address in the message only when the call itself
 * failed, before anything was sent; there is no other trace of the difference.
 */
export function readConnectError(error: NodeJS.ErrnoException): Answer {
  const pair = CODES[error.code ?? ''];
  if (pair === undefined) return OTHER;
  return error.message.includes(' - Local (') ? pair[0] : pair[1];
}

interface Target {
  readonly address: string;
  readonly family: 4 | 6;
}

interface Arrival {
  readonly slot: number;
  readonly answer: Answer;
  readonly rttMs: number;
}

/**
 * Connects through node:net, everywhere. It cannot see ICMP: a refusal by a firewall with
 * port-unreachable looks like RST, and other codes are told only as `icmp-unreachable`.
 */
export class NodeDialer implements Dialer<Target> {
  readonly name = 'node';
  readonly capacity = MAX_SOCKETS;
  readonly #sockets: (Socket | undefined)[] = [];
  readonly #pause = new Pause();
  #arrivals: Arrival[] = [];
  #closed = false;

  target(address: string): Target | Answer {
    const family = isIP(address);
    return family === 4 || family === 6 ? { address, family } : NO_FAMILY;
  }

  dial(slot: number, target: Target, port: number): Answer | null {
    if (this.#closed) return null;
    const socket = new Socket({ allowHalfOpen: true });
    const sentAt = performance.now();
    this.#sockets[slot] = socket;
    socket.once('connect', () => {
      this.#arrive(slot, socket, isSelfConnected(socket) ? SELF : OPEN, sentAt);
    });
    socket.on('error', (error) => this.#arrive(slot, socket, readConnectError(error), sentAt));
    socket.connect({ host: target.address, port, family: target.family });
    return null;
  }

  drop(slot: number): void {
    const socket = this.#sockets[slot];
    this.#sockets[slot] = undefined;
    socket?.destroy();
  }

  collect(sink: Sink): void {
    const arrivals = this.#arrivals;
    if (arrivals.length === 0) return;
    this.#arrivals = [];
    for (const { slot, answer, rttMs } of arrivals) sink(slot, answer, rttMs);
  }

  wait(ms: number): Promise<void> {
    if (this.#closed || this.#arrivals.length > 0) return Promise.resolve();
    return this.#pause.wait(ms);
  }

  wake(): void {
    this.#pause.end();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#sockets) socket?.destroy();
    this.#sockets.length = 0;
    this.#arrivals = [];
    this.#pause.end();
  }

  #arrive(slot: number, socket: Socket, answer: Answer, sentAt: number): void {
    if (this.#sockets[slot] !== socket) return;
    this.#sockets[slot] = undefined;
    if (answer === OPEN || answer === SELF) socket.resetAndDestroy();
    this.#arrivals.push({ slot, answer, rttMs: performance.now() - sentAt });
    this.#pause.end();
  }
}

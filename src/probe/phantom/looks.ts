import { isLoopback } from '../../model/loopback.ts';
import { hostPace } from '../connect/pace.ts';
import type { Pace } from '../engine.ts';
import type { Glance, Observer, Patience } from './glance.ts';
import { Pacer } from './pacer.ts';
import { questionFor } from './question.ts';

/** Quick looks at one host at once. */
const LOOKS_AT_ONCE = 512;
/** Longest round trip that a wait makes room for, in milliseconds. */
const LONGEST_RTT_MS = 1000;
const SHORT_PAUSE_MS = 200;
const SHORT_TRIES = 5;
const NOTHING = new Uint8Array();

export interface LooksSettings {
  readonly observer: Observer;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** Takes looks at the ports of one host, within its pace. */
export class Looks {
  readonly #address: string;
  readonly #settings: LooksSettings;
  readonly #pacer: Pacer;
  #rttMs = 0;

  constructor(address: string, settings: LooksSettings) {
    this.#address = address;
    this.#settings = settings;
    const { rate } = hostPace(settings.pace, address);
    // the engine is probing the same host: half of its pace each
    this.#pacer = new Pacer(rate === 'max' ? 'max' : rate / 2, LOOKS_AT_ONCE, settings.signal);
  }

  /** The engine is done with all hosts: the whole pace is ours. */
  probed(): void {
    this.#pacer.setRate(hostPace(this.#settings.pace, this.#address).rate);
  }

  /** Waits make room for the longest round trip heard of. */
  hear(rttMs: number): void {
    this.#rttMs = Math.max(this.#rttMs, Math.min(rttMs, LONGEST_RTT_MS));
  }

  /** For 65,000 ports: long enough for one retransmission of what we say. */
  quick(port: number): Promise<Glance> {
    const rtt = this.#rttMs;
    return this.#take(port, {
      connectMs: 3500,
      greetingMs: (isLoopback(this.#address) ? 100 : 150) + 3 * rtt,
      answerMs: 500 + 4 * rtt,
      quietMs: 60 + rtt,
    });
  }

  patient(port: number): Promise<Glance> {
    return this.#take(port, this.#patience());
  }

  /** Says nothing and listens for `ms`, or until the peer has spoken for `enoughMs`. */
  listen(port: number, ms: number, enoughMs: number): Promise<Glance> {
    const patience = { ...this.#patience(), greetingMs: ms, answerMs: 0, enoughMs };
    return this.#take(port, patience, NOTHING);
  }

  #patience(): Patience {
    const rtt = this.#rttMs;
    return {
      connectMs: 3500,
      greetingMs: 500 + 3 * rtt,
      answerMs: 2000 + 4 * rtt,
      quietMs: 200 + rtt,
    };
  }

  #take(
    port: number,
    patience: Patience,
    question: Uint8Array = questionFor(this.#address, port),
  ): Promise<Glance> {
    return this.#pacer.run(() => this.#tries(port, patience, question));
  }

  /** Shortage of sockets on our side passes; it says nothing about the port. */
  async #tries(port: number, patience: Patience, question: Uint8Array): Promise<Glance> {
    const { observer, signal } = this.#settings;
    const request = { address: this.#address, port, patience, question, signal };
    for (let tries = 1; ; tries++) {
      const glance = await observer.glance(request);
      if (glance.handshake !== 'local' || signal.aborted || tries === SHORT_TRIES) return glance;
      await new Promise((resolve) => setTimeout(resolve, SHORT_PAUSE_MS));
    }
  }
}

import type { DatagramFacts } from '../../model/port.ts';
import type { Answer } from '../connect/dialer.ts';
import type { EngineStats, Told } from '../engine.ts';

export const OPEN: Answer = { state: 'open', reason: 'udp-response' };

/** What is told with the next batch, counted as it comes. */
export class Tidings {
  readonly #stats: EngineStats;
  #batch: Told[] = [];

  constructor(stats: EngineStats) {
    this.#stats = stats;
  }

  get empty(): boolean {
    return this.#batch.length === 0;
  }

  take(): Told[] {
    const batch = this.#batch;
    if (batch.length > 0) this.#batch = [];
    return batch;
  }

  port(
    address: string,
    port: number,
    { state, reason }: Answer,
    rttMs?: number,
    datagram?: DatagramFacts,
  ): void {
    if (state === 'self' || state === 'short') return;
    this.#stats.outcomes += 1;
    const round = rttMs === undefined ? {} : { rttMs };
    const heard = datagram === undefined ? {} : { datagram };
    this.#batch.push({ address, transport: 'udp', port, state, reason, ...round, ...heard });
  }

  silence(address: string, ports: readonly number[]): void {
    this.#stats.outcomes += ports.length;
    this.#batch.push({ address, transport: 'udp', state: 'open|filtered', ports });
  }
}

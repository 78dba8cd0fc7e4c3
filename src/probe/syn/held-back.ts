import type { Chunk } from './chunk.ts';

/** A probe with its chunk. */
export interface Due {
  readonly chunk: Chunk;
  readonly probe: number;
}

/** Probes held back before no more are taken. */
const MOST = 16_384;
/** Probes tried in vain before all are taken to be barred, and for how long. */
const TRIES = 1024;
const REST_MS = 5;

/** What became of one that was tried: gone, still barred by its ceiling, or nothing may go now. */
export type Tried = 'gone' | 'barred' | 'stop';

/** Probes that a ceiling bars for the moment. A blocked network does not starve the others: looks go round. */
export class HeldBack {
  #list: Due[] = [];
  #at = 0;
  #until = 0;

  get size(): number {
    return this.#list.length;
  }

  get full(): boolean {
    return this.#list.length >= MOST;
  }

  /** When the next look is worth it. */
  get until(): number {
    return this.#until;
  }

  push(due: Due): void {
    due.chunk.held += 1;
    this.#list.push(due);
  }

  /** Forgets those of a chunk that is over. */
  drop(chunk: Chunk): void {
    this.#list = this.#list.filter((due) => due.chunk !== chunk);
  }

  /** Offers them in turn until one says `stop`. After some in vain, none for a while. */
  offer(now: number, attempt: (due: Due) => Tried): void {
    if (now < this.#until) return;
    let barred = 0;
    const most = Math.min(TRIES, this.#list.length);
    while (barred < most && this.#list.length > 0) {
      if (this.#at >= this.#list.length) this.#at = 0;
      const due = this.#list[this.#at] as Due;
      const tried = attempt(due);
      if (tried === 'stop') return;
      if (tried === 'gone') this.#remove(due);
      else {
        barred += 1;
        this.#at += 1;
      }
    }
    if (barred > 0 && barred >= most) this.#until = now + REST_MS;
  }

  /** Takes the one looked at off the list; the last one fills its place. */
  #remove(due: Due): void {
    const last = this.#list.pop();
    if (last !== undefined && last !== due) this.#list[this.#at] = last;
    due.chunk.held -= 1;
  }
}

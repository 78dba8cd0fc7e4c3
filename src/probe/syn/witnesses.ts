import { mix } from '../connect/permute.ts';

/** Ports known to answer that are kept to be asked again. */
const KEPT = 256;
/** Batches whose answers are told apart: each has a source port of its own. */
export const WITNESS_BATCHES = 4;
/** A batch is asked in this time, evenly; its answers count when its turn comes again, after 750 ms more. */
const BATCH_MS = 250;
/** Most in one batch, and the share of all probes they may be. */
const MOST = 64;
const SHARE = 0.02;

/** A port that answered, as the run knows it. */
export interface Witness {
  readonly chunk: number;
  readonly probe: number;
}

/**
 * Ports known to be alive, asked again now and then: when they fall silent, packets get lost, and
 * that without waiting for the end of a round.
 */
export class Witnesses {
  readonly #kept: Witness[] = [];
  readonly #asked = Array.from({ length: WITNESS_BATCHES }, () => 0);
  readonly #answered = Array.from({ length: WITNESS_BATCHES }, () => 0);
  #batch = 0;
  #seen = 0;
  #turn = 0;
  #nextAt = 0;
  /** Of this batch: how many there may be, and how many have had their time. */
  #room = 0;
  #begun = 0;
  /** Totals of the batches whose time is over. */
  asked = 0;
  answered = 0;

  /** A port answered; a fair sample of all is kept (Vitter's algorithm R, with a keyed choice). */
  offer(chunk: number, probe: number): void {
    this.#seen += 1;
    const witness = { chunk, probe };
    if (this.#kept.length < KEPT) {
      this.#kept.push(witness);
      return;
    }
    const at = mix(this.#seen) % this.#seen;
    if (at < KEPT) this.#kept[at] = witness;
  }

  /** Forgets those of a chunk that is over. */
  forget(chunk: number): void {
    for (let at = this.#kept.length - 1; at >= 0; at--) {
      if (this.#kept[at]?.chunk === chunk) this.#kept.splice(at, 1);
    }
  }

  /** An answer to batch `batch`. */
  heard(batch: number): void {
    this.#answered[batch] = (this.#answered[batch] ?? 0) + 1;
  }

  /**
   * Asks those whose time has come through `ask`, which gets the number of the batch and says whether
   * it could be sent. They are spread out: in one burst a full queue would lose more of them than of
   * the rest. `rate` is the overall one.
   */
  advance(now: number, rate: number, ask: (witness: Witness, batch: number) => boolean): void {
    if (now >= this.#nextAt) this.#nextBatch(now, rate);
    const passed = 1 - (this.#nextAt - now) / BATCH_MS;
    for (const due = Math.ceil(this.#room * passed); this.#begun < due; this.#begun++) {
      const witness = this.#kept[this.#turn++ % this.#kept.length];
      if (witness === undefined || !ask(witness, this.#batch)) continue;
      this.#asked[this.#batch] = (this.#asked[this.#batch] ?? 0) + 1;
    }
  }

  #nextBatch(now: number, rate: number): void {
    this.#nextAt = now + BATCH_MS;
    this.#batch = (this.#batch + 1) % WITNESS_BATCHES;
    this.#close(this.#batch);
    this.#room = Math.min(MOST, this.#kept.length, Math.ceil((rate * SHARE * BATCH_MS) / 1000));
    this.#begun = 0;
  }

  /** A peer may answer one question twice: no more answers count than were asked. */
  #close(batch: number): void {
    const asked = this.#asked[batch] ?? 0;
    this.asked += asked;
    this.answered += Math.min(asked, this.#answered[batch] ?? 0);
    this.#asked[batch] = 0;
    this.#answered[batch] = 0;
  }
}

import { randomUUID } from 'node:crypto';
import { problem } from '../model/errors.ts';
import type { Store } from '../store/open.ts';
import { type LiveJob, type LiveLook, liveJobs, liveLooks } from '../store/queries/live.ts';
import { EventStream } from './event-stream.ts';

/** Streams of one tenant at once: each costs a connection and a buffer. */
const STREAMS_EACH = 20;
/** Events kept for those who come back, and for how long after the last has gone. */
const KEPT = 256;
const KEPT_MS = 60_000;

type Event =
  | { readonly name: 'job'; readonly data: LiveJob }
  | { readonly name: 'look'; readonly data: LiveLook };

interface Told {
  readonly number: number;
  readonly event: Event;
}

/** What is known of a tenant that somebody listens to, or did a moment ago. */
interface Watched {
  readonly streams: Set<EventStream>;
  told: readonly Told[];
  /** The last event of each job that has not ended. */
  readonly jobs: Map<string, Event>;
  readonly looks: Set<string>;
  seen: boolean;
  leftAt: number;
}

export interface Subscription {
  readonly tenant: string;
  /** `Last-Event-ID` of who comes back (HTML, 9.2.4). */
  readonly lastId: string | undefined;
  readonly stillAllowed: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/**
 * Tells listeners what jobs do and which looks were stored, as server-sent events. The store is asked
 * once a turn for each tenant that somebody listens to, however many listen.
 */
export class Live {
  readonly #store: Store;
  /** Numbers of another process, or of one before, are none of ours. */
  readonly #epoch = randomUUID().slice(0, 8);
  readonly #watched = new Map<string, Watched>();
  #number = 0;
  #ended = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** One look at the store for all who listen. */
  async turn(): Promise<void> {
    for (const [tenant, watched] of this.#watched) {
      const isLeft = watched.streams.size === 0 && performance.now() - watched.leftAt > KEPT_MS;
      if (isLeft) this.#watched.delete(tenant);
      else await this.#look(tenant, watched);
    }
  }

  /** Ends every stream, and takes no more. */
  end(): void {
    this.#ended = true;
    for (const { streams } of this.#watched.values()) {
      for (const stream of streams) stream.end();
    }
  }

  /**
   * Begins a stream: what was missed since `lastId`, or how all jobs are now; then what happens. Throws
   * API_TOO_MANY.
   */
  async subscribe(subscription: Subscription): Promise<ReadableStream<Uint8Array>> {
    const { tenant, lastId, stillAllowed, signal } = subscription;
    const watched = this.#watchedOf(tenant);
    await this.#look(tenant, watched);
    this.#watched.set(tenant, watched);
    if (this.#ended || watched.streams.size >= STREAMS_EACH) {
      throw problem('API_TOO_MANY', { value: 'streams of events' });
    }
    const stream = new EventStream(stillAllowed, () => {
      watched.streams.delete(stream);
      watched.leftAt = performance.now();
    });
    watched.streams.add(stream);
    signal.addEventListener('abort', () => stream.end(), { once: true });
    if (signal.aborted) stream.end();
    const missed = this.#since(watched, lastId) ?? this.#state(watched);
    for (const told of missed) stream.send(this.#textOf(told));
    return stream.body;
  }

  #watchedOf(tenant: string): Watched {
    const begun = {
      streams: new Set<EventStream>(),
      told: [],
      jobs: new Map(),
      looks: new Set<string>(),
    };
    const leftAt = performance.now();
    const watched = this.#watched.get(tenant) ?? { ...begun, seen: false, leftAt };
    this.#watched.set(tenant, watched);
    return watched;
  }

  /** Null: this process did not tell it, or no longer knows what came then. */
  #since({ told }: Watched, lastId: string | undefined): readonly Told[] | null {
    const [epoch, digits] = (lastId ?? '').split('-');
    const last = Number(digits);
    const first = told[0]?.number ?? this.#number + 1;
    if (epoch !== this.#epoch || !Number.isInteger(last) || last + 1 < first) return null;
    return told.filter(({ number }) => number > last);
  }

  #state({ jobs }: Watched): readonly Told[] {
    return [...jobs.values()].map((event) => ({ number: this.#number, event }));
  }

  async #look(tenant: string, watched: Watched): Promise<void> {
    const known = [...watched.jobs.keys()];
    const jobs = await this.#store.read((db) => liveJobs(db, tenant, known));
    const looks = await this.#store.read((db) => liveLooks(db, tenant, watched.looks));
    for (const data of jobs) this.#met(watched, data);
    for (const data of looks.toReversed()) {
      if (watched.looks.has(data.id)) continue;
      watched.looks.add(data.id);
      if (watched.seen) this.#tell(watched, { name: 'look', data });
    }
    watched.seen = true;
  }

  #met(watched: Watched, data: LiveJob): void {
    const event = { name: 'job', data } as const;
    const before = watched.jobs.get(data.id);
    const isOver = data.status !== 'queued' && data.status !== 'running';
    if (isOver) watched.jobs.delete(data.id);
    else watched.jobs.set(data.id, event);
    const isNews = JSON.stringify(before?.data) !== JSON.stringify(data);
    // of two looks at once the later one may bring an end that was told
    if (isNews && watched.seen && !(isOver && before === undefined)) this.#tell(watched, event);
  }

  #tell(watched: Watched, event: Event): void {
    this.#number += 1;
    const told = { number: this.#number, event };
    watched.told = [...watched.told, told].slice(-KEPT);
    const text = this.#textOf(told);
    for (const stream of watched.streams) stream.send(text);
  }

  #textOf({ number, event: { name, data } }: Told): string {
    return `id: ${this.#epoch}-${number}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}

import { messageOf, PosternError } from '../model/errors.ts';
import type { Resolver } from '../net/dns.ts';
import { within } from '../net/within.ts';
import { retryAfterOf } from '../notify/later.ts';
import type { Alert } from '../notify/message.ts';
import { clip } from '../report/text.ts';
import type { Store } from '../store/open.ts';
import { failed, tellOfChannel, worked } from '../store/queries/channels.ts';
import {
  claimMessage,
  type DueChannel,
  dueChannels,
  endTry,
  hasten,
  isTooLate,
} from '../store/queries/outbox.ts';
import type { OutboxRow } from '../store/service-schema.ts';
import { backoff, MAX_TRIES, waitAsked } from './backoff.ts';
import { deliverFor, type Keys, type OpenChannel, openChannel, worldOf } from './channels.ts';

/** Messages under way at once, over one channel, of one organisation and of all. */
const PER_CHANNEL = 2;
const PER_TENANT = 32;
const AT_ONCE = 128;
/** Longer than any delivery: one that takes half of it is given up. */
const LEASE_MS = 5 * 60 * 1000;
const MAX_PROBLEM = 500;
/** A message waits less, whatever its peer asks for: beyond it the clock was wrong, and is right again. */
const CLOCK_STEP_MS = 24 * 60 * 60 * 1000;

/** Another try would be refused too, until somebody changes something. */
const FINAL: readonly string[] = [
  'NOTIFY_REFUSED',
  'NOTIFY_INSIDE',
  'NOTIFY_SECRET',
  'NOTIFY_TENANT',
  'SECRET_KEY',
];

export interface OutboxOptions {
  readonly store: Store;
  readonly keys: Keys;
  readonly resolver: Resolver;
  readonly now: () => number;
  readonly onFault: (error: unknown) => void;
  /** A channel began to fail, or works again: there is an event to hear. */
  readonly onEvent: () => void;
  readonly leaseMs?: number | undefined;
  /** Of one exchange with a peer. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Sends what waits in the outbox. Each message is claimed for a while, so that of several servers one
 * sends it; one whose sender died is sent again when that time is over, with the same id. Channels do
 * not wait for each other.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #leaseMs: number;
  /** By tenant, and by tenant and channel. */
  readonly #running = new Map<string, number>();
  readonly #senders = new Set<Promise<void>>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  /** Begins to send what is due, and does not wait for it. */
  async turn(signal: AbortSignal): Promise<void> {
    const { store, now } = this.#options;
    const latest = now() + this.#leaseMs + CLOCK_STEP_MS;
    if (await store.read((db) => isTooLate(db, latest))) {
      await store.write((tx) => hasten(tx, { now: now(), latest }));
    }
    const due = await store.read((db) => dueChannels(db, now()));
    for (const channel of due) this.#start(channel, signal);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#senders.size > 0) await Promise.all(this.#senders);
  }

  #start(channel: DueChannel, signal: AbortSignal): void {
    const key = `${channel.tenant} ${channel.channel}`;
    const free = Math.min(
      PER_CHANNEL - (this.#running.get(key) ?? 0),
      PER_TENANT - (this.#running.get(channel.tenant) ?? 0),
      AT_ONCE - this.#senders.size,
    );
    for (let started = 0; started < free; started++) {
      this.#count(1, key, channel.tenant);
      const sender = this.#sendAll(channel, signal)
        .catch((error: unknown) => {
          if (!signal.aborted) this.#options.onFault(error);
        })
        .finally(() => {
          this.#count(-1, key, channel.tenant);
          this.#senders.delete(sender);
        });
      this.#senders.add(sender);
    }
  }

  #count(change: 1 | -1, ...keys: readonly string[]): void {
    for (const key of keys) {
      const count = (this.#running.get(key) ?? 0) + change;
      if (count > 0) this.#running.set(key, count);
      else this.#running.delete(key);
    }
  }

  async #sendAll(channel: DueChannel, signal: AbortSignal): Promise<void> {
    const { store, now } = this.#options;
    while (!signal.aborted) {
      const asked = { now: now(), leaseMs: this.#leaseMs };
      const row = await store.write((tx) => claimMessage(tx, channel, asked));
      if (row === null) return;
      await this.#send(row, signal);
    }
  }

  async #send(row: OutboxRow, stopping: AbortSignal): Promise<void> {
    const { store, keys } = this.#options;
    let channel: OpenChannel | null = null;
    try {
      channel = await store.read((db) => openChannel(db, row.tenant, row.channel, keys));
      if (channel !== null) await this.#deliver(row, channel, stopping);
    } catch (error) {
      if (stopping.aborted) return this.#release(row);
      return this.#missed(row, channel, error);
    }
    if (channel === null) return this.#gone(row);
    await this.#sent(row, channel);
  }

  async #deliver(row: OutboxRow, channel: OpenChannel, stopping: AbortSignal): Promise<void> {
    const { keys, resolver, now, timeoutMs } = this.#options;
    const signal = within(this.#leaseMs / 2, stopping);
    const way = { resolver, signal, now: () => new Date(now()), timeoutMs };
    const alert = JSON.parse(row.alert) as Alert;
    await deliverFor(row.tenant, channel, alert, worldOf(row.tenant, keys, way));
  }

  /** Stopped half way: it may have arrived, and is sent again at the next start. */
  async #release(row: OutboxRow): Promise<void> {
    const changes = { next_at: this.#options.now(), attempts: row.attempts - 1 };
    await this.#options.store.write((tx) => endTry(tx, row, changes));
  }

  async #gone(row: OutboxRow): Promise<void> {
    const changes = { ...this.#ended('failed'), problem: 'the channel was taken away' };
    await this.#options.store.write((tx) => endTry(tx, row, changes));
  }

  async #sent(row: OutboxRow, channel: OpenChannel): Promise<void> {
    const { store, now } = this.#options;
    const told = await store.write(async (tx) => {
      const changes = { ...this.#ended('sent'), problem: null };
      if (!(await endTry(tx, row, changes))) return false;
      if (!(await worked(tx, row.tenant, row.channel))) return false;
      await tellOfChannel(tx, row, 'channel.recovered', { at: now(), name: channel.name });
      return true;
    });
    if (told) this.#options.onEvent();
  }

  async #missed(row: OutboxRow, channel: OpenChannel | null, error: unknown): Promise<void> {
    const expected = error instanceof PosternError;
    const timeout = error instanceof Error && error.name === 'TimeoutError';
    if (!expected && !timeout) this.#options.onFault(error);
    // what is unexpected may quote what was sent
    const why = expected ? `${error.code}: ${messageOf(error)}` : 'it did not end in time';
    const problem = clip(why, MAX_PROBLEM);
    const final = expected && FINAL.includes(error.code);
    if (final || row.attempts >= MAX_TRIES) return this.#failed(row, channel, problem);
    const now = this.#options.now();
    const asked = waitAsked(retryAfterOf(error), now);
    const wait = Math.max(backoff(row.attempts, Math.random()), asked);
    await this.#options.store.write((tx) => endTry(tx, row, { next_at: now + wait, problem }));
  }

  /** Told to the other channels once, until it works again. */
  async #failed(row: OutboxRow, channel: OpenChannel | null, problem: string): Promise<void> {
    const { store, now } = this.#options;
    const told = await store.write(async (tx) => {
      if (!(await endTry(tx, row, { ...this.#ended('failed'), problem }))) return false;
      if (!(await failed(tx, row.tenant, row.channel))) return false;
      const name = channel?.name ?? row.channel;
      await tellOfChannel(tx, row, 'channel.failed', { at: now(), name, problem });
      return true;
    });
    if (told) this.#options.onEvent();
  }

  #ended(status: 'sent' | 'failed') {
    return { status, ended_at: this.#options.now() } as const;
  }
}

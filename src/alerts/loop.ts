import { randomUUID } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { createResolver, type Resolver } from '../net/dns.ts';
import { eachForItself, type Loop, startLoop } from '../net/loop.ts';
import { LOCAL, type Store } from '../store/open.ts';
import { dueDigests } from '../store/queries/alert-rules.ts';
import { tenantsWithEvents } from '../store/queries/events.ts';
import { tenantsToWake } from '../store/queries/incidents.ts';
import { channelIds, type Keys } from './channels.ts';
import { addDefaultRules } from './defaults.ts';
import { Outbox } from './outbox.ts';
import { hearTenant, type TurnMeans, tellDigest, wakeTenant } from './turn.ts';

const EVERY_MS = 5000;

export interface AlertsOptions extends Keys {
  readonly store: Store;
  /** Where people reach the server, without a slash at the end. */
  readonly publicUrl: string;
  readonly onFault: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Between looks for what is to be done. */
  readonly everyMs?: number;
  /** How long a message is claimed; longer than a delivery takes. */
  readonly leaseMs?: number;
  /** Of one exchange with a peer. */
  readonly timeoutMs?: number;
  readonly resolver?: Resolver;
}

/** Name servers and the hosts file change while a server runs, and a resolver reads them once. */
const FRESH: Resolver = { resolve: (name) => createResolver({}).resolve(name) };

/**
 * Makes messages of events and sends them, for all tenants. Any number of these may work on one store:
 * nothing is told twice, and nothing gets lost when one of them dies. `stop` ends what is under way.
 */
export function startAlerts(options: AlertsOptions): Loop {
  const { store, onFault, now = Date.now, everyMs = EVERY_MS, sealer, notify } = options;
  const keys = { sealer, notify };
  const outbox = new Outbox({
    ...{ store, keys, now, onFault, resolver: options.resolver ?? FRESH },
    ...{ leaseMs: options.leaseMs, timeoutMs: options.timeoutMs },
    onEvent: () => hearing.wake(),
  });
  const hearer = new Hearer(options, keys, now);
  const sending = startLoop({ everyMs, work: (signal) => outbox.turn(signal), onFault });
  const hearing = startLoop({
    everyMs,
    work: async (signal) => {
      if (await hearer.turn(signal)) sending.wake();
    },
    onFault,
  });
  return {
    wake: () => {
      hearing.wake();
      sending.wake();
    },
    stop: async () => {
      await Promise.all([hearing.stop(), sending.stop()]);
      await outbox.idle();
    },
  };
}

class Hearer {
  readonly #options: AlertsOptions;
  readonly #keys: Keys;
  readonly #now: () => number;
  #begun = false;

  constructor(options: AlertsOptions, keys: Keys, now: () => number) {
    this.#options = options;
    this.#keys = keys;
    this.#now = now;
  }

  /** Resolves to whether there was something to do. */
  async turn(signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    await this.#begin();
    const now = this.#now();
    const told = await store.read(tenantsWithEvents);
    const woken = await store.read((db) => tenantsToWake(db, now));
    const digests = await store.read((db) => dueDigests(db, now));
    const repeat =
      (work: (means: TurnMeans, tenant: string) => Promise<boolean>) => (tenant: string) =>
        this.#repeat(signal, (means) => work(means, tenant));
    await eachForItself(
      [
        () => eachForItself(told, repeat(hearTenant)),
        () => eachForItself(woken, repeat(wakeTenant)),
        () => eachForItself(digests, ({ tenant, id }) => tellDigest(this.#means(), tenant, id)),
      ],
      (step) => step(),
    );
    return told.length + woken.length + digests.length > 0;
  }

  /** One transaction after another, so that others get their turn between them. */
  async #repeat(signal: AbortSignal, work: (means: TurnMeans) => Promise<boolean>): Promise<void> {
    while (!signal.aborted && (await work(this.#means()))) await breathe();
  }

  #means(): TurnMeans {
    const { store, publicUrl } = this.#options;
    return {
      ...{ store, publicUrl, now: this.#now(), newId: randomUUID },
      channelsOf: (tx, tenant) => channelIds(tx, tenant, this.#keys),
    };
  }

  /** The operator's channels are there from the start. */
  async #begin(): Promise<void> {
    const { notify } = this.#keys;
    if (this.#begun || notify === undefined || notify.channels.length === 0) return;
    const means = { now: this.#now(), newId: randomUUID };
    await this.#options.store.write((tx) => addDefaultRules(tx, LOCAL, means));
    this.#begun = true;
  }
}

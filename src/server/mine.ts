import type { Kysely, Transaction } from 'kysely';
import type { Store } from '../store/open.ts';
import { note } from '../store/queries/audit-log.ts';
import { oneAtATime } from '../store/queries/quotas.ts';
import type { Tables } from '../store/schema.ts';
import type { Caller } from './caller.ts';

type Ask<Args extends readonly unknown[], T> = (
  db: Kysely<Tables>,
  tenant: string,
  ...args: Args
) => Promise<T>;

type Act<Args extends readonly unknown[], T> = (
  tx: Transaction<Tables>,
  tenant: string,
  ...args: Args
) => Promise<T>;

/** What the audit log keeps of a change; `detail` holds no secret. */
export interface Deed {
  /** `finding.accept`, `key.create` … */
  readonly action: string;
  readonly subject: string;
  readonly detail?: unknown;
}

/**
 * The store as one tenant has it: the only way in which a route reaches it. Queries take the tenant as
 * their second argument, and it is always the caller's.
 */
export class Mine {
  readonly #store: Store;
  readonly #caller: Caller;
  readonly #source: string | null;

  constructor(store: Store, caller: Caller, source: string | null) {
    this.#store = store;
    this.#caller = caller;
    this.#source = source;
  }

  ask<Args extends readonly unknown[], T>(query: Ask<Args, T>, ...args: Args): Promise<T> {
    return this.#store.read((db) => query(db, this.#caller.tenant, ...args));
  }

  /** Changes what no person decides: what an agent tells of its host. Nothing of it is in the audit log. */
  keep<Args extends readonly unknown[], T>(act: Act<Args, T>, ...args: Args): Promise<T> {
    return this.#store.write((tx) => act(tx, this.#caller.tenant, ...args));
  }

  /** As `keep`, in turn with the looks of the tenant that are recorded. */
  keepInTurn<Args extends readonly unknown[], T>(act: Act<Args, T>, ...args: Args): Promise<T> {
    const { tenant } = this.#caller;
    return this.#store.write((tx) => act(tx, tenant, ...args), tenant);
  }

  /**
   * Changes something and notes in the audit log who did it, both or neither. Changes of one tenant come
   * one after the other: what was read for one stays true.
   */
  change<Args extends readonly unknown[], T>(
    deed: Deed,
    act: Act<Args, T>,
    ...args: Args
  ): Promise<T> {
    return this.#store.write((tx) => this.#noted(tx, deed, act, args));
  }

  /** As `change`, in turn with the looks of the tenant that are recorded. */
  changeInTurn<T>(deed: Deed, act: Act<[], T>): Promise<T> {
    return this.#store.write((tx) => this.#noted(tx, deed, act, []), this.#caller.tenant);
  }

  async #noted<Args extends readonly unknown[], T>(
    tx: Transaction<Tables>,
    deed: Deed,
    act: Act<Args, T>,
    args: Args,
  ): Promise<T> {
    const { tenant, actor } = this.#caller;
    await oneAtATime(tx, tenant);
    const result = await act(tx, tenant, ...args);
    await note(tx, tenant, { ...deed, actor, at: Date.now(), source: this.#source });
    return result;
  }
}

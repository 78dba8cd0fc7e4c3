import type { Store } from '../../store/open.ts';
import { noteKeyUse, usableKey } from '../../store/queries/api-keys.ts';
import { roleOf, userById } from '../../store/queries/people.ts';
import type { ApiKeyRow } from '../../store/service-schema.ts';
import { type Caller, ROLES, type Role, SCOPES, type Scope } from '../caller.ts';
import { hashOf, KEY_PREFIX } from './secrets.ts';

/** How long an answer about a session or a key may be used again: what is revoked ends within this. */
export const CALLER_MS = 5_000;
/** Callers remembered at once; the oldest goes. */
const MAX_REMEMBERED = 2_000;
/** Between two notes of a key's use. */
const USE_MS = 60_000;

export interface CallersOptions {
  readonly store: Store;
  readonly now: () => number;
  /** Name of the session's cookie. */
  readonly cookie: string;
  /** The session a request's cookie is signed for. */
  readonly sessionOf: (headers: Headers) => Promise<Session | null>;
}

export interface Session {
  readonly id: string;
  readonly user: string;
  readonly name: string;
  readonly organization: string | null;
}

interface Remembered {
  readonly until: number;
  readonly caller: Promise<Caller | null>;
}

/** Who asks, by session cookie or API key, remembered for a few seconds. */
export class Callers {
  readonly #options: CallersOptions;
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** Null: nobody that is known. With an Authorization header no cookie counts. */
  async of(request: Request): Promise<Caller | null> {
    const authorization = request.headers.get('authorization');
    if (authorization !== null) {
      const [, key] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
      if (key === undefined || !key.startsWith(KEY_PREFIX)) return null;
      return this.#remember(`key ${hashOf(key)}`, () => this.#ofKey(hashOf(key)));
    }
    const cookie = cookieOf(request.headers, this.#options.cookie);
    if (cookie === null) return null;
    return this.#remember(`cookie ${cookie}`, () => this.#ofSession(request.headers));
  }

  /** What was remembered may have changed. */
  forget(): void {
    this.#remembered.clear();
  }

  #remember(id: string, find: () => Promise<Caller | null>): Promise<Caller | null> {
    const now = this.#options.now();
    const known = this.#remembered.get(id);
    if (known !== undefined && known.until > now) return known.caller;
    const caller = find();
    const entry = { until: now + CALLER_MS, caller };
    this.#remembered.delete(id);
    this.#remembered.set(id, entry);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    // somebody unknown may become known, and must not push others out
    const drop = (): void => {
      if (this.#remembered.get(id) === entry) this.#remembered.delete(id);
    };
    caller.then((found) => found ?? drop(), drop);
    return caller;
  }

  async #ofSession(headers: Headers): Promise<Caller | null> {
    const session = await this.#options.sessionOf(headers);
    const tenant = session?.organization ?? null;
    if (session === null || tenant === null) return null;
    const role = await this.#options.store.read((db) => roleOf(db, tenant, session.user));
    if (!isRole(role)) return null;
    return {
      ...{ tenant, actor: `user:${session.user}`, name: session.name, role, scopes: SCOPES },
      session: { id: session.id, user: session.user },
    };
  }

  async #ofKey(hash: string): Promise<Caller | null> {
    const { store, now } = this.#options;
    const key = await store.read((db) => usableKey(db, hash, now()));
    if (key === null) return null;
    const maker = key.created_by.replace(/^user:/, '');
    const [bound, person] = await store.read((db) =>
      Promise.all([roleOf(db, key.tenant, maker), userById(db, maker)]),
    );
    if (!isRole(bound) || !isRole(key.role)) return null;
    this.#noteUse(key);
    const scopes = scopesOf(key);
    const name = `${key.name} (${person?.name ?? maker})`;
    return {
      ...{ tenant: key.tenant, actor: `key:${key.id}`, name, scopes },
      role: lower(key.role, bound),
    };
  }

  /** Nobody waits for it: a store that is busy with a large scan would hold every request up. */
  #noteUse(key: ApiKeyRow): void {
    const { store, now } = this.#options;
    if (now() - (key.used_at ?? 0) < USE_MS) return;
    // a note that is lost is made good by the next use
    store.write((tx) => noteKeyUse(tx, key, now())).catch(() => undefined);
  }
}

function isRole(text: string | null): text is Role {
  return (ROLES as readonly (string | null)[]).includes(text);
}

/** The weaker of two roles. */
export function lower(one: Role, other: Role): Role {
  return ROLES.indexOf(one) < ROLES.indexOf(other) ? one : other;
}

function scopesOf({ scopes }: ApiKeyRow): readonly Scope[] {
  const given = JSON.parse(scopes) as readonly string[];
  return SCOPES.filter((scope) => given.includes(scope));
}

/** A cookie of a request (RFC 6265, 4.2); null: there is none of this name. */
export function cookieOf(headers: Headers, name: string): string | null {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return null;
}

import type { Store } from '../../store/open.ts';
import type { Sealer } from '../../store/seal.ts';
import type { Caller } from '../caller.ts';
import { Callers, type Session } from './callers.ts';
import { createHandler } from './handler.ts';
import { openLibrary } from './library.ts';
import { Limits } from './limits.ts';
import { newSignUpLink } from './links.ts';
import { readOidc } from './settings.ts';

export interface AuthOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  /** Where people reach this server, without a slash at the end. */
  readonly publicUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Tells of a fault that is ours; `id` stands in the answer. */
  readonly onFault: (id: string, error: unknown) => void;
}

export interface Auth {
  /** Who asks, for `createApp`. */
  readonly callerOf: (request: Request) => Promise<Caller | null>;
  /** Answers everything below /api/auth; `source` is the address that the request came from. */
  readonly handler: (request: Request, source: string | null) => Promise<Response>;
  /** Something was changed: who asks is looked up anew. */
  readonly forget: () => void;
  /** A link for the first sign-up, the only one that may be used; null: there is an admin. */
  readonly signUpLink: () => Promise<string | null>;
}

/** Who asks, and how people sign in. Throws AUTH_SETTINGS. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { store, publicUrl, now, env, onFault } = options;
  const oidc = readOidc(env);
  const library = openLibrary({
    ...options,
    oidc,
    trustEmail: oidc?.trustEmail ?? false,
    onTrouble: (message) => onFault('auth', new Error(message)),
  });
  const context = await library.$context;
  const sessionOf = async (headers: Headers): Promise<Session | null> => {
    const query = { disableRefresh: true } as const;
    const found = await library.api.getSession({ headers, query });
    if (found === null) return null;
    const { session, user } = found;
    const { id, organization = null } = session;
    return { id, user: user.id, name: user.name, organization };
  };
  const cookie = context.authCookies.sessionToken.name;
  const callers = new Callers({ store, now, cookie, sessionOf });
  const limits = new Limits(store, now);
  const forget = (): void => callers.forget();
  const handler = createHandler({
    library,
    store,
    now,
    limits,
    cookie,
    sessionOf,
    forget,
    onFault,
    oidc,
  });
  return {
    callerOf: (request) => callers.of(request),
    handler,
    forget,
    signUpLink: () => newSignUpLink(store, publicUrl, now()),
  };
}

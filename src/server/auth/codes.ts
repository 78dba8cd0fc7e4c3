import { APIError, createAuthMiddleware, getAuthoritativeSessionFromCtx } from 'better-auth/api';
import type { Store } from '../../store/open.ts';
import { countAttempt } from '../../store/queries/auth-limits.ts';
import { hashOf } from './secrets.ts';

/** The request that takes a code of an authenticator app; there is no other. */
const PATH = '/two-factor/verify-totp';
/** Cookie that names who proved a password and still owes a code. */
const HALF_WAY = 'two_factor';
/** A code is taken for three steps of 30 s (RFC 6238, 5.2); the rest is for clocks of servers that differ. */
const REMEMBERED_MS = 5 * 60 * 1000;

/** In the library's answer when a code comes again. */
export const CODE_USED = 'CODE_USED';

/**
 * Lets each code of a person count once (RFC 6238, 5.2), whichever server on the store it is sent to.
 * It is taken before it is looked at: of two requests at the same time one finds it taken. Who it is for
 * is found out the way the library does after it, or a second cookie could name somebody else.
 */
export function codesOnce(store: Store, now: () => number) {
  return createAuthMiddleware(async (context) => {
    if (context.path !== PATH) return;
    const session = await getAuthoritativeSessionFromCtx(context);
    const user = session?.user.id ?? (await halfWay(context));
    // the library refuses it: nobody has proved a password
    if (user === null) return;
    const id = `code:${hashOf(`${user} ${String(Object(context.body).code)}`)}`;
    const window = { now: now(), windowMs: REMEMBERED_MS };
    const { count } = await store.write((tx) => countAttempt(tx, id, window));
    if (count > 1) throw new APIError('UNAUTHORIZED', { code: CODE_USED });
  });
}

type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

async function halfWay({ context, getSignedCookie }: Context): Promise<string | null> {
  const { name } = context.createAuthCookie(HALF_WAY);
  const challenge = await getSignedCookie(name, context.secret);
  if (typeof challenge !== 'string') return null;
  return (await context.internalAdapter.findVerificationValue(challenge))?.value ?? null;
}

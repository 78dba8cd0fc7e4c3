import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import { PosternError, problem } from '../../model/errors.ts';
import type { Store } from '../../store/open.ts';
import { LOCAL } from '../../store/open.ts';
import { note } from '../../store/queries/audit-log.ts';
import { organizationsOf, userByEmail } from '../../store/queries/people.ts';
import { readJson, refuseNul } from '../plain.ts';
import { answerProblem } from '../problem.ts';
import { cookieOf, type Session } from './callers.ts';
import { CODE_USED } from './codes.ts';
import { FLOWS, type Flow } from './flows.ts';
import { AUTH_PATH, type Library, SOURCE_HEADER } from './library.ts';
import type { Limits } from './limits.ts';
import { acceptBody, acceptInvitation, showInvitation, signUp, signUpBody } from './links.ts';
import { resetBody, showReset, showResetBody, usePasswordReset } from './resets.ts';
import type { OidcSettings } from './settings.ts';

/** A password and a name are short. */
const MAX_BODY = 16_384;

export interface HandlerOptions {
  readonly library: Library;
  readonly store: Store;
  readonly now: () => number;
  readonly limits: Limits;
  /** Name of the session's cookie. */
  readonly cookie: string;
  readonly sessionOf: (headers: Headers) => Promise<Session | null>;
  readonly forget: () => void;
  readonly onFault: (id: string, error: unknown) => void;
  readonly oidc: OidcSettings | null;
}

interface Bindings {
  Bindings: { readonly source: string | null };
}

type Handler = (request: Request, source: string | null) => Promise<Response>;

/** Everything below /api/auth: the flows of the library that we allow, and the links of ours. */
export function createHandler(options: HandlerOptions): Handler {
  const { onFault, forget, oidc } = options;
  const app = new Hono<Bindings>().basePath(AUTH_PATH);
  app.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw problem('API_TOO_LARGE', { limit: MAX_BODY });
      },
    }),
  );
  app.use(async (context, next) => {
    refuseNul(context.req.url);
    await next();
    if (context.req.method !== 'GET') forget();
  });
  addLinks(app, options);
  app.get('/ways', (context) => context.json({ oidc: oidc === null ? null : oidc.name }));
  for (const [key, flow] of Object.entries(FLOWS)) {
    const [method = '', path = ''] = key.split(' ');
    app.on(method, [path], (context) => answerFlow(context, path, flow, options));
  }
  app.notFound((context) =>
    answerProblem(context, problem('API_NOT_FOUND', { what: 'page', value: context.req.path })),
  );
  app.onError((error, context) => {
    if (error instanceof PosternError) return answerProblem(context, error);
    const id = randomUUID();
    onFault(id, error);
    return answerProblem(context, problem('API_FAULT', { value: id }));
  });
  return async (request, source) => app.fetch(request, { source });
}

function addLinks(app: Hono<Bindings>, { store, now, limits, sessionOf }: HandlerOptions): void {
  const comingOf = ({ env }: Context<Bindings>) => ({ store, now: now(), source: env.source });
  const add = (
    path: string,
    work: (context: Context<Bindings>) => Promise<object | void>,
  ): void => {
    app.post(path, async (context) => {
      const refused = refusal(context, await limits.count(context.env.source));
      return refused ?? context.json((await work(context)) ?? {});
    });
  };
  add('/sign-up', async (context) => signUp(comingOf(context), await bodyOf(context, signUpBody)));
  add('/invitation', async (context) => {
    const { token } = await bodyOf(context, acceptBody);
    return showInvitation(comingOf(context), token);
  });
  add('/accept-invitation', async (context) => {
    const session = await sessionOf(context.req.raw.headers);
    const asked = await bodyOf(context, acceptBody);
    return acceptInvitation(comingOf(context), asked, session?.user ?? null);
  });
  add('/reset', async (context) => {
    const { token } = await bodyOf(context, showResetBody);
    return showReset(comingOf(context), token);
  });
  add('/choose-password', async (context) => {
    const asked = await bodyOf(context, resetBody);
    const { user, email } = await usePasswordReset(comingOf(context), asked);
    // what was tried with the old one keeps nobody out
    for (const account of [user, email]) await limits.forget(account);
  });
}

function refusal(context: Context, tooMany: Awaited<ReturnType<Limits['count']>>): Response | null {
  if (tooMany === null) return null;
  context.header('Retry-After', String(tooMany.seconds));
  return answerProblem(context, tooMany.error);
}

async function answerFlow(
  context: Context<Bindings>,
  path: string,
  flow: Flow,
  options: HandlerOptions,
): Promise<Response> {
  const { library, limits, sessionOf } = options;
  const { source } = context.env;
  const body = flow.body === undefined ? undefined : await bodyOf(context, flow.body);
  const email = emailOf(body);
  const before = await sessionOf(context.req.raw.headers);
  // who is signed in proves the password again: a stolen cookie must not find it out
  const account = flow.counted === 'account' ? (email ?? before?.user) : undefined;
  const tooMany = flow.counted === null ? null : await limits.count(source, account);
  const refused = refusal(context, tooMany);
  if (refused !== null) return refused;
  const answer = await library.handler(passedOn(context.req.raw, source, body));
  if (answer.status >= 400) {
    if (flow.counted !== null) await noteRefusal(options, path, { source, email, who: before });
    const error = await problemOf(answer, context.req.path, path);
    return copyCookies(answer, answerProblem(context, error));
  }
  const after = await sessionAfter(answer, options);
  if (after !== null && (before === null || flow.action === undefined)) {
    await noteFor(options, after, { action: 'session.create', detail: { by: path }, source });
  } else if (before !== null && flow.action !== undefined) {
    const { action, also } = flow;
    await noteFor(options, before, { action, detail: null, source }, also);
  }
  if (answer.status >= 300) {
    if (after === null) await noteRefusal(options, path, { source, email, who: before });
    return answer;
  }
  if (account !== undefined) await limits.forget(account);
  return copyCookies(answer, context.json(shownOf(flow, Object(await answer.json()))));
}

function shownOf({ answers, adds }: Flow, said: object): object {
  const passed = Object.entries(said).filter(([name]) => answers.includes(name));
  return { ...Object.fromEntries(passed), ...adds?.(said) };
}

function emailOf(body: object | undefined): string | undefined {
  if (body === undefined || !('email' in body)) return undefined;
  return String(body.email);
}

/** The request as the library gets it: its body as we read it, and the address it came from. */
function passedOn(request: Request, source: string | null, body: object | undefined): Request {
  const headers = new Headers(request.headers);
  headers.delete(SOURCE_HEADER);
  headers.delete('content-length');
  if (source !== null) headers.set(SOURCE_HEADER, source);
  if (request.method !== 'POST') return new Request(request.url, { headers });
  headers.set('content-type', 'application/json');
  return new Request(request.url, { method: 'POST', headers, body: JSON.stringify(body ?? {}) });
}

/** The session that an answer's cookie begins; null: it begins none. */
async function sessionAfter(
  answer: Response,
  { cookie, sessionOf }: HandlerOptions,
): Promise<Session | null> {
  for (const set of answer.headers.getSetCookie()) {
    const [pair = ''] = set.split(';', 1);
    if ((cookieOf(new Headers({ cookie: pair }), cookie) ?? '') === '') continue;
    return sessionOf(new Headers({ cookie: pair }));
  }
  return null;
}

interface Said {
  readonly action: string;
  readonly detail: unknown;
  readonly source: string | null;
}

async function noteFor(
  { store, now }: HandlerOptions,
  { user, organization }: Session,
  { action, detail, source }: Said,
  also?: Flow['also'],
): Promise<void> {
  const line = { at: now(), actor: `user:${user}`, action, subject: user, detail, source };
  await store.write(async (tx) => {
    await note(tx, organization ?? LOCAL, line);
    await also?.(tx, user);
  });
}

/** Of an account that is not there the log has no name: it may be a password in the wrong field. */
async function noteRefusal(
  { store, now }: HandlerOptions,
  path: string,
  { source, email, who }: { source: string | null; email: string | undefined; who: Session | null },
): Promise<void> {
  await store.write(async (tx) => {
    const known = email === undefined ? null : await userByEmail(tx, email);
    const user = who?.user ?? known?.id ?? null;
    const [first] = user === null ? [] : await organizationsOf(tx, user);
    await note(tx, who?.organization ?? first?.id ?? LOCAL, {
      ...{ at: now(), actor: who === null ? 'nobody' : `user:${who.user}`, source },
      ...{ action: 'session.refuse', subject: user ?? 'unknown', detail: { by: path } },
    });
  });
}

const REFUSALS: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: 'the e-mail address or the password is wrong',
  INVALID_PASSWORD: 'the password is wrong',
  INVALID_CODE: 'the code is wrong',
  [CODE_USED]: 'this code has been tried already; wait for the next one',
  INVALID_BACKUP_CODE: 'the backup code is wrong or has been used',
  INVALID_TWO_FACTOR_COOKIE: 'the sign-in took too long; begin again',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'too many wrong codes; begin again',
};

/** A failure of the library in our words. */
async function problemOf(answer: Response, path: string, flow: string): Promise<PosternError> {
  const said: unknown = await answer.json().catch(() => null);
  const { code = '', message = '' } = Object(said) as { code?: string; message?: string };
  const refused = REFUSALS[code];
  if (refused !== undefined) return problem('AUTH_REFUSED', { problem: refused });
  if (answer.status === 429 || code.includes('LOCKED')) {
    return problem('API_TOO_MANY', { value: `wrong codes (${message})` });
  }
  if (answer.status >= 500) return problem('API_FAULT', { value: `auth${flow}` });
  if (answer.status === 401) return problem('API_SIGN_IN', { value: path, problem: 'nobody is' });
  if (answer.status === 403) return problem('AUTH_ORIGIN', { value: path, origin: message });
  return problem('API_INVALID', { where: path, problem: message || 'it does not fit' });
}

function copyCookies(from: Response, to: Response): Response {
  for (const set of from.headers.getSetCookie()) to.headers.append('set-cookie', set);
  return to;
}

async function bodyOf<T>(context: Context, schema: z.ZodType<T>): Promise<T> {
  const text = await context.req.text();
  if (text !== '' && !/^application\/json\b/i.test(context.req.header('content-type') ?? '')) {
    throw problem('API_INVALID', { where: 'the body', problem: 'it must be application/json' });
  }
  const value = text === '' ? {} : readJson(text);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  const where = path === '' ? 'the body' : `${path} in the body`;
  throw problem('API_INVALID', { where, problem: issue?.message ?? 'it does not fit' });
}

import { randomUUID } from 'node:crypto';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context, HonoRequest, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { PosternError, problem } from '../model/errors.ts';
import { agentCaller } from './agent-caller.ts';
import type { Access, Caller } from './caller.ts';
import { lacks } from './caller.ts';
import { Mine } from './mine.ts';
import { readJson, refuseNul } from './plain.ts';
import { answerProblem } from './problem.ts';
import type { Route } from './route.ts';
import type { Service } from './service.ts';
import { readUpload } from './upload.ts';

/** Of a request's body; agents' audits have a route of their own. */
const MAX_BODY = 1 << 20;
/** The server gives them none, whatever was sent. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
/** From a request to the beginning of its answer. */
const ANSWER_WITHIN_MS = 30_000;
/** Where operations are. */
export const API = '/api/v1';

export interface AppOptions {
  readonly service: Service;
  readonly routes: readonly Route[];
  /** Each request goes through these first. */
  readonly use?: readonly MiddlewareHandler[];
  /** Who asks; null: nobody that is known. Throws nothing that names a secret. */
  readonly callerOf: (request: Request) => Promise<Caller | null>;
  /** Address that the request came from. */
  readonly sourceOf: (context: Context) => string | null;
  readonly now: () => number;
  /** Tells of a fault that is ours; `id` stands in the answer. */
  readonly onFault: (id: string, error: unknown) => void;
  readonly version: string;
}

/** What every failed operation answers. */
const failure = z
  .object({
    error: z.object({
      code: z.string().describe('Stable; docs/errors.md lists them.'),
      message: z.string(),
      todo: z.string(),
    }),
  })
  .openapi('Problem');

/** The HTTP API: every route checked, authorised and documented the same way. */
export function createApp(options: AppOptions): OpenAPIHono {
  const app = new OpenAPIHono();
  const limited = bodyLimit({
    maxSize: MAX_BODY,
    onError: () => {
      throw problem('API_TOO_LARGE', { limit: MAX_BODY });
    },
  });
  const uploads = new Set(
    options.routes.filter(({ upload }) => upload !== undefined).map(({ path }) => API + path),
  );
  // looking for a body costs as much as many an answer
  const isUnbounded = ({ method, path }: HonoRequest): boolean =>
    BODILESS.has(method) || (method === 'POST' && uploads.has(path));
  for (const handler of options.use ?? []) app.use(handler);
  app.use((context, next) => (isUnbounded(context.req) ? next() : limited(context, next)));
  for (const route of options.routes) addRoute(app, route, options);
  addDocument(app, options.version);
  app.notFound((context) =>
    answerProblem(context, problem('API_NOT_FOUND', { what: 'page', value: context.req.path })),
  );
  app.onError((error, context) => answerProblem(context, expected(error, options)));
  return app;
}

/** Anybody may ask for it, and making it holds everybody else up for a tenth of a second: it is made once. */
function addDocument(app: OpenAPIHono, version: string): void {
  let made: string | undefined;
  app.get(`${API}/openapi.json`, (context) => {
    const info = { title: 'Postern', version };
    made ??= JSON.stringify(
      app.getOpenAPI31Document({ openapi: '3.1.0', info, servers: [{ url: API }] }),
    );
    return context.body(made, 200, { 'content-type': 'application/json' });
  });
}

function expected(error: unknown, { onFault }: AppOptions): PosternError {
  if (error instanceof PosternError) return error;
  const id = randomUUID();
  onFault(id, error);
  return problem('API_FAULT', { value: id });
}

/** What the document of the API says of a route. */
function documentOf(route: Route) {
  const { method, path, tag, summary, access, params, query, body, answer } = route;
  const { status = 200, produces = 'application/json' } = route;
  const schema = body ?? route.upload?.schema;
  return createRoute({
    method,
    path: `${API}${path}`,
    tags: [tag],
    summary,
    'x-access': access,
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(schema === undefined
        ? {}
        : { body: { required: true, content: { 'application/json': { schema } } } }),
    },
    responses: {
      [status]: { description: summary, content: { [produces]: { schema: answer } } },
      default: {
        description: 'It failed.',
        content: { 'application/json': { schema: failure } },
      },
    },
  });
}

function addRoute(app: OpenAPIHono, route: Route, options: AppOptions): void {
  const { method, path, access, params, query, body, status = 200 } = route;
  const document = documentOf(route);
  app.openAPIRegistry.registerPath({ ...document, path });
  app.on(method.toUpperCase(), [document.getRoutingPath()], async (context) => {
    const caller = await allowed(context, access, options);
    const { service, now, sourceOf } = options;
    const { raw } = context.req;
    refuseNul(raw.url);
    const source = sourceOf(context);
    const handled = route.handle({
      params: read(params, context.req.param(), 'the path'),
      query: read(query, queriesOf(context), 'the query'),
      body: await bodyOf(context, body),
      upload: () => readUpload(context.req.raw, route.upload?.maxBytes ?? 0),
      caller,
      mine: new Mine(service.store, caller, source),
      service,
      source,
      header: (name) => raw.headers.get(name) ?? undefined,
      stillAllowed: () =>
        allowed(context, access, options).then(
          // a session may have gone on in another organisation
          ({ tenant }) => tenant === caller.tenant,
          (error: unknown) => !isRefusal(error),
        ),
      // made when it is asked for: most handlers are done at once
      get signal() {
        return raw.signal;
      },
      now: now(),
    });
    const value = await inTime(handled, `${context.req.method} ${context.req.path}`);
    if (value instanceof Response) {
      // nobody reads it: a stream would stay open
      if (raw.method === 'HEAD') await value.body?.cancel();
      return value;
    }
    return context.json(value as object, status);
  });
}

/** A store that does not answer for a moment is no reason to end what goes on. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof PosternError &&
    (error.code === 'API_SIGN_IN' || error.code === 'API_FORBIDDEN')
  );
}

/** A handler that does not end is not waited for. Throws API_SLOW. */
async function inTime<T>(work: Promise<T>, value: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const slow = () => reject(problem('API_SLOW', { value, seconds: ANSWER_WITHIN_MS / 1000 }));
    timer = setTimeout(slow, ANSWER_WITHIN_MS).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const NOBODY: Caller = { tenant: '', actor: '', name: '', role: 'viewer', scopes: [] };

async function allowed(context: Context, access: Access, options: AppOptions): Promise<Caller> {
  if (access === 'anyone') return NOBODY;
  const value = `${context.req.method} ${context.req.path}`;
  const { req } = context;
  const caller = await (access === 'agent'
    ? agentCaller(options.service.store, req.header('authorization'))
    : options.callerOf(req.raw));
  if (caller === null) throw problem('API_SIGN_IN', { value, problem: 'nobody is' });
  const what = lacks(caller, access);
  if (what !== null) throw problem('API_FORBIDDEN', { value, what });
  return caller;
}

function queriesOf(context: Context): Record<string, string | string[]> {
  const all = context.req.queries();
  return Object.fromEntries(
    Object.entries(all).map(([name, values]) => [
      name,
      values.length === 1 ? (values[0] ?? '') : values,
    ]),
  );
}

async function bodyOf(context: Context, schema: z.ZodType | undefined): Promise<never> {
  return schema === undefined
    ? read(undefined, undefined, '')
    : read(schema, await jsonOf(context), 'the body');
}

async function jsonOf(context: Context): Promise<unknown> {
  const type = context.req.header('content-type') ?? '';
  if (!/^application\/json\b/i.test(type)) {
    throw problem('API_INVALID', { where: 'the body', problem: 'it must be application/json' });
  }
  const text = await context.req.text().catch((error: unknown) => {
    if (error instanceof PosternError) throw error;
    throw problem('API_INVALID', { where: 'the body', problem: 'it did not arrive' }, error);
  });
  return readJson(text);
}

/** `never`: what a schema says of its type is known to the route alone. */
function read(schema: z.ZodType | undefined, value: unknown, where: string): never {
  if (schema === undefined) return undefined as never;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as never;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw problem('API_INVALID', {
    where: path === '' ? where : `${path} in ${where}`,
    problem: issue?.message ?? 'it does not fit',
  });
}

import { createApp } from '../../src/server/app.ts';
import type { Caller } from '../../src/server/caller.ts';
import { SCOPES } from '../../src/server/caller.ts';
import { Counts } from '../../src/server/counts.ts';
import { Live } from '../../src/server/live.ts';
import type { Route } from '../../src/server/route.ts';
import type { Service } from '../../src/server/service.ts';
import type { Store } from '../../src/store/open.ts';
import { sealerOf } from '../../src/store/seal.ts';

/** What secrets are sealed with in tests. */
export const TEST_SEALER = sealerOf(Buffer.alloc(32, 7));

/** A person of a tenant, with every scope, who is signed in. */
export function person(role: Caller['role'], tenant = 'local'): Caller {
  const session = { id: `session-${role}`, user: `${tenant}-${role}` };
  return { tenant, actor: `user:${role}`, name: role, role, scopes: SCOPES, session };
}

export interface TestRequest {
  readonly body?: unknown;
  readonly caller?: Caller | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of an agent, in place of a caller. */
  readonly token?: string;
}

export interface TestApi {
  /** Asks as `caller`; a path below /api/v1. Resolves to the status and the JSON of the answer. */
  ask(
    method: string,
    path: string,
    asked?: TestRequest,
  ): Promise<{ readonly status: number; readonly json: unknown }>;
  /** The same, for answers that are no JSON. */
  request(method: string, path: string, asked?: TestRequest): Promise<Response>;
  /** For a real server, and for requests that are no JSON. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** Some routes over a real store, without a port: who asks is said by the test. */
export function testApi(
  store: Store,
  routes: readonly Route[],
  { now = () => Date.now(), ...service }: Partial<Service> & { readonly now?: () => number } = {},
): TestApi {
  const callers = new Map<string, Caller>();
  const app = createApp({
    service: {
      store,
      sealer: TEST_SEALER,
      publicUrl: 'http://127.0.0.1:4100',
      live: new Live(store),
      counts: new Counts(),
      names: { texts: async () => ({ kind: 'unknown', detail: 'no name server in this test' }) },
      wakeJobs: () => undefined,
      wakeAlerts: () => undefined,
      ...service,
    },
    routes,
    callerOf: async (request) => callers.get(request.headers.get('x-caller') ?? '') ?? null,
    sourceOf: () => '127.0.0.1',
    now,
    onFault: (_id, error) => {
      throw error;
    },
    version: '0.0.0',
  });
  const request = async (
    method: string,
    path: string,
    {
      body,
      token,
      caller = token === undefined ? person('admin') : null,
      headers = {},
    }: TestRequest = {},
  ): Promise<Response> => {
    const id = String(callers.size);
    if (caller !== null) callers.set(id, caller);
    return app.request(`/api/v1${path}`, {
      method,
      headers: {
        ...headers,
        'x-caller': id,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  return {
    fetch: (asked) => app.fetch(asked),
    request,
    ask: async (method, path, asked) => {
      const answer = await request(method, path, asked);
      return { status: answer.status, json: await answer.json() };
    },
  };
}

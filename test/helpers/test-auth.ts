import { createHmac } from 'node:crypto';
import { Hono } from 'hono';
import { createTextResolver } from '../../src/net/dns.ts';
import { createApp } from '../../src/server/app.ts';
import { type Auth, createAuth } from '../../src/server/auth/auth.ts';
import { Counts } from '../../src/server/counts.ts';
import { addDocsPage } from '../../src/server/docs-page.ts';
import { Live } from '../../src/server/live.ts';
import { pages } from '../../src/server/pages.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { security, sourceReader } from '../../src/server/security.ts';
import type { Store } from '../../src/store/open.ts';
import { sealerOf } from '../../src/store/seal.ts';

interface Bindings {
  readonly peer: string | null;
}

export interface TestServer {
  readonly auth: Auth;
  readonly url: string;
  /** What it said of itself: faults and troubles. */
  readonly log: string[];
  now: number;
  fetch(request: Request, peer?: string): Promise<Response>;
  /** A browser of somebody: keeps cookies and names its origin. */
  browser(peer?: string): Browser;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `never`: tests look into answers of every shape. */
  readonly json: Readonly<Record<string, never>>;
  readonly text: string;
}

export interface Browser {
  readonly cookies: Map<string, string>;
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

/** The server as it will be composed, over a real store and without a port. */
export async function testServer(
  store: Store,
  {
    publicUrl = 'http://127.0.0.1:4100',
    env = {},
    proxies = [],
  }: {
    publicUrl?: string;
    env?: Readonly<Record<string, string>>;
    proxies?: Parameters<typeof sourceReader>[0]['proxies'];
  } = {},
): Promise<TestServer> {
  const sealer = sealerOf(Buffer.alloc(32, 7));
  const log: string[] = [];
  const onFault = (id: string, error: unknown): void => {
    log.push(`${id} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  const state = { now: Date.now() };
  const now = (): number => state.now;
  const auth = await createAuth({ store, sealer, publicUrl, env, now, onFault });
  const sourceOf = sourceReader({
    peerOf: (context) => (context.env as Bindings).peer,
    proxies,
  });
  const app = new Hono();
  app.use(security({ publicUrl, onChange: auth.forget }));
  app.all('/api/auth/*', (context) => auth.handler(context.req.raw, sourceOf(context)));
  app.route('/', pages());
  addDocsPage(app);
  const wake = (): void => undefined;
  const live = new Live(store);
  const counts = new Counts();
  const names = createTextResolver();
  const service = {
    store,
    sealer,
    publicUrl,
    live,
    counts,
    names,
    wakeJobs: wake,
    wakeAlerts: wake,
  };
  const { callerOf } = auth;
  app.route(
    '/',
    createApp({ service, routes: ROUTES, callerOf, sourceOf, now, onFault, version: '0.0.0' }),
  );
  const ask = async (request: Request, peer = '192.0.2.1'): Promise<Response> =>
    app.fetch(request, { peer } satisfies Bindings);
  return Object.assign(state, {
    ...{ auth, url: publicUrl, log, fetch: ask },
    browser: (peer?: string) => browserOf(ask, publicUrl, peer),
  });
}

function browserOf(ask: TestServer['fetch'], url: string, peer?: string): Browser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    ask: async (method, path, body, headers = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await ask(
        new Request(new URL(path, url), {
          method,
          redirect: 'manual',
          headers: {
            ...(cookie === '' ? {} : { cookie }),
            ...(method === 'GET' ? {} : { origin: url }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
        peer,
      );
      for (const set of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        if (value === '' || /max-age=0/i.test(set)) cookies.delete(name);
        else cookies.set(name, value);
      }
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') === true;
      const json = isJson && text !== '' ? (JSON.parse(text) as Answer['json']) : {};
      return { status: answer.status, headers: answer.headers, json, text };
    },
  };
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What an authenticator app shows (RFC 6238: SHA-1, 30 s, six digits) for an otpauth URI. */
export function totp(uri: string, at = Date.now()): string {
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  const bits = Array.from(secret.replace(/=+$/, ''))
    .map((sign) => BASE32.indexOf(sign).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const from = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

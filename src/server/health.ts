import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { sql } from 'kysely';
import { messageOf, problem } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';
import type { Store } from '../store/open.ts';
import type { Metrics } from './metrics.ts';
import type { Parts } from './parts.ts';

/** A store that takes longer is not ready. */
const STORE_WITHIN_MS = 5000;

export interface HealthOptions {
  readonly store: Store;
  readonly parts: Parts;
  readonly metrics: Metrics;
  /** Lets others than this machine read the metrics. */
  readonly token: string | undefined;
  /** Address of the other end of the connection. */
  readonly peerOf: (context: Context) => string | null;
  readonly isStopping: () => boolean;
}

/** Adds `/healthz`, `/readyz` and `/metrics`: for the programs that watch a server. */
export function addHealth(app: Pick<Hono, 'get'>, options: HealthOptions): void {
  app.get('/healthz', (context) => context.json({ status: 'alive' }));
  app.get('/readyz', async (context) => {
    const troubles = await troublesOf(options);
    const ready = troubles.length === 0;
    return context.json({ status: ready ? 'ready' : 'not ready', troubles }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    if (!mayRead(context, options)) {
      throw problem('API_SIGN_IN', {
        value: 'GET /metrics',
        problem: 'it is for this machine, or with the token of POSTERN_METRICS_TOKEN',
      });
    }
    const text = await options.metrics.text();
    return context.body(text, 200, { 'content-type': options.metrics.contentType });
  });
}

async function troublesOf({ store, parts, isStopping }: HealthOptions): Promise<string[]> {
  if (isStopping()) return ['the server is stopping'];
  const asked = store.read((db) => sql`select 1`.execute(db));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not answer')), STORE_WITHIN_MS);
  });
  const answers = await Promise.race([asked, late]).then(
    () => [],
    (error: unknown) => [`store: ${messageOf(error)}`],
  );
  clearTimeout(timer);
  return [...answers, ...parts.troubles()];
}

/** With the token; or from this machine itself, not through a proxy and not by a page of another name. */
function mayRead(context: Context, { token, peerOf }: HealthOptions): boolean {
  const given = /^bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
  if (given !== undefined) return token !== undefined && isSame(given, token);
  const isForwarded = FORWARDED.some((name) => context.req.header(name) !== undefined);
  const host = new URL(context.req.url).hostname.replace(/^\[|\]$/g, '');
  const isHere = host === 'localhost' || isLoopback(host);
  return isHere && !isForwarded && isLoopback(peerOf(context) ?? '');
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { NotifySettings } from '../contract/notify.ts';
import type { Network } from '../model/network.ts';
import { createTextResolver, type TextResolver } from '../net/dns.ts';
import { startLoop } from '../net/loop.ts';
import { endAllAcceptances } from '../store/acceptances.ts';
import { queueCompactions } from '../store/compact.ts';
import { openStore, type Place } from '../store/open.ts';
import { grantOwnNetworks } from '../store/queries/grants.ts';
import { keepPublicUrl } from '../store/queries/public-url.ts';
import { openSealer } from '../store/seal.ts';
import { createApp } from './app.ts';
import type { Caller } from './caller.ts';
import { Counts } from './counts.ts';
import { addDocsPage } from './docs-page.ts';
import { addHealth } from './health.ts';
import { type Fetch, type Listen, listen, urlOf } from './listen.ts';
import { Live } from './live.ts';
import { Metrics } from './metrics.ts';
import { pages } from './pages.ts';
import type { Part, World } from './part.ts';
import { Parts } from './parts.ts';
import { recheckGrants } from './prove.ts';
import { ROUTES } from './routes.ts';
import { security, sourceReader } from './security.ts';
import { silentAgents } from './silent-agents.ts';

/** Who asks, and how people come in. */
export interface Doorman {
  callerOf(request: Request): Promise<Caller | null>;
  /** Answers everything below /api/auth; `source` is the address that the request came from. */
  handler(request: Request, source: string | null): Promise<Response>;
  /** Something was changed: who asks is looked up anew. */
  forget(): void;
  /** For who comes first, the only one that may be used; null: there is an admin. */
  signUpLink(): Promise<string | null>;
}

export interface UpOptions {
  readonly place: Place;
  /** Where the key of an installation is whose store is a database. */
  readonly folder: string;
  readonly listen: Listen;
  /** Where people reach it, when that is not where it listens. */
  readonly publicUrl?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly now: () => number;
  readonly say: (line: string) => void;
  readonly doorman: (world: World) => Promise<Doorman>;
  /** Reverse proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly Network[];
  /** The operator's alert settings. */
  readonly notify?: NotifySettings;
  /** Words that `service` of a policy may be; loaded when somebody sets one. */
  readonly policyServices?: () => Promise<readonly string[]>;
  readonly parts: readonly Part[];
}

export interface Up {
  readonly url: string;
  readonly signUpLink: string | null;
  /** Ends answers and streams, stops the parts and closes the store, within 10 s. */
  stop(): Promise<void>;
}

/** Answers that are being given when it stops. */
const GRACE_MS = 4000;
const LIVE_EVERY_MS = 1000;
const SILENCE_EVERY_MS = 60_000;
/** What is due comes once a day, and looking for it goes through all tenants. */
const CARE_EVERY_MS = 10 * 60_000;

/**
 * Starts the server: opens the store, serves, starts the parts. Throws STORE_*, SECRET_KEY,
 * SERVE_LISTEN; nothing runs then.
 */
export async function up(options: UpOptions): Promise<Up> {
  const store = await openStore(options.place, { serving: true });
  try {
    const sealer = openSealer(options.place, options.folder, options.env);
    let answer: Fetch = () => new Response(null, { status: 503 });
    const listening = await listen(options.listen, (request, env) => answer(request, env));
    try {
      const { publicUrl = urlOf(listening.at), now, say } = options;
      const onFault: World['onFault'] = (where, error) => say(`fault ${where}: ${wordsOf(error)}`);
      const world = { store, sealer, publicUrl, now, say, onFault };
      const running = await compose(options, world);
      answer = running.answer;
      return {
        url: publicUrl,
        signUpLink: running.signUpLink,
        stop: async () => {
          await Promise.all([listening.close(GRACE_MS), running.stop()]);
          await store.close();
        },
      };
    } catch (error) {
      await listening.close(0);
      throw error;
    }
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Composed {
  readonly answer: Fetch;
  readonly signUpLink: string | null;
  stop(): Promise<void>;
}

/** The app over the store, with its parts running. */
async function compose(options: UpOptions, world: World): Promise<Composed> {
  const { store, sealer, publicUrl, now, onFault } = world;
  const doorman = await options.doorman(world);
  await store.write(async (tx) => {
    await grantOwnNetworks(tx, now());
    await keepPublicUrl(tx, publicUrl);
  });
  const signUpLink = await doorman.signUpLink();
  const live = new Live(store);
  const names = createTextResolver();
  const parts = new Parts();
  let isStopping = false;
  const { notify, policyServices } = options;
  const sourceOf = sourceReader({ peerOf, proxies: options.proxies });
  const app = createApp({
    service: {
      ...(notify === undefined ? {} : { notify }),
      ...(policyServices === undefined ? {} : { policyServices }),
      ...{ store, sealer, publicUrl, live, counts: new Counts(), names },
      wakeJobs: () => parts.wake('jobs'),
      wakeAlerts: () => parts.wake('alerts'),
    },
    routes: ROUTES,
    use: [security({ publicUrl, onChange: () => doorman.forget() })],
    callerOf: (request) => doorman.callerOf(request),
    sourceOf,
    now,
    onFault,
    version: options.version,
  });
  app.all('/api/auth/*', (context) => doorman.handler(context.req.raw, sourceOf(context)));
  app.route('/', pages());
  addDocsPage(app);
  const token = options.env['POSTERN_METRICS_TOKEN'];
  const metrics = new Metrics(store, now);
  addHealth(app, { store, parts, metrics, token, peerOf, isStopping: () => isStopping });
  parts.start([livePart(live), SILENCE_PART, carePart(names), ...options.parts], world);
  return {
    answer: app.fetch,
    signUpLink,
    stop: async () => {
      isStopping = true;
      live.end();
      await parts.stop(onFault);
    },
  };
}

function livePart(live: Live): Part {
  return {
    name: 'live',
    start: ({ onFault }) =>
      startLoop({
        everyMs: LIVE_EVERY_MS,
        work: () => live.turn(),
        onFault: (error) => onFault('live', error),
      }),
  };
}

/** Notices agents that are not heard of any more. */
const SILENCE_PART: Part = {
  name: 'agents',
  start: ({ store, now, onFault }) =>
    startLoop({
      everyMs: SILENCE_EVERY_MS,
      work: async () => void (await silentAgents(store, now())),
      onFault: (error) => onFault('agents', error),
    }),
};

/** What nobody asks for and has to be done: acceptances ended, proofs looked at again, old rows let go. */
function carePart(names: TextResolver): Part {
  return {
    name: 'care',
    start: ({ store, now, onFault }) =>
      startLoop({
        everyMs: CARE_EVERY_MS,
        work: async (signal) => {
          await endAllAcceptances(store, now());
          await queueCompactions(store, now());
          await recheckGrants(store, names, now(), signal);
        },
        onFault: (error) => onFault('care', error),
      }),
  };
}

function peerOf(context: Context): string | null {
  return getConnInfo(context).remote.address ?? null;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The server as `postern up` runs it, with one key that is told in its environment. */
import { dirname, join } from 'node:path';
import { SCOPES } from '../src/server/caller.ts';
import { readListen } from '../src/server/listen.ts';
import { up } from '../src/server/up.ts';
import { LOCAL, type Place } from '../src/store/open.ts';

const { BENCH_KEY: key = '', BENCH_PLACE: where = '' } = process.env;
const place: Place = where.includes('://') ? { url: where } : { file: where };
const caller = {
  ...{ tenant: LOCAL, actor: 'key:bench', name: 'bench' },
  ...{ role: 'viewer' as const, scopes: SCOPES },
};

const server = await up({
  place,
  folder: 'file' in place ? dirname(place.file) : join(process.cwd(), 'dist'),
  listen: readListen('127.0.0.1:0'),
  env: { ...process.env, POSTERN_SECRET: '07'.repeat(32) },
  version: 'bench',
  now: () => Date.now(),
  say: (line) => process.stderr.write(`${line}\n`),
  proxies: [],
  doorman: async () => ({
    forget: () => undefined,
    callerOf: async (request) =>
      request.headers.get('authorization') === `Bearer ${key}` ? caller : null,
    handler: async () => new Response(null, { status: 404 }),
    signUpLink: async () => null,
  }),
  parts: [],
});
process.once('SIGTERM', () => void server.stop());
process.stdout.write(`${server.url}\n`);

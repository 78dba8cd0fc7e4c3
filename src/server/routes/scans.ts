import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import { packedReport, scanPage, storedScan } from '../../store/queries/scans.ts';
import { cursor, limit, nextOf, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import * as shapes from '../shapes.ts';

const TAG = 'Scans';
const access = { role: 'viewer', scope: 'read' } as const;
const params = z.object({ id: z.uuid() });
const place = z.object({ ended_at: z.int(), id: z.string() });

const list = route({
  method: 'get',
  path: '/scans',
  tag: TAG,
  summary: 'Stored looks, newest first.',
  access,
  query: z.object({ limit, cursor: cursor(place) }),
  answer: pageOf(shapes.scan),
  handle: async ({ mine, query: { limit: most, cursor: after } }) => {
    const { scans, next } = await mine.ask(scanPage, {
      limit: most,
      ...(after === undefined ? {} : { after }),
    });
    return { items: scans, next: nextOf(place, next) };
  },
});

const one = route({
  method: 'get',
  path: '/scans/{id}',
  tag: TAG,
  summary: 'One look, without its ports.',
  access,
  params,
  answer: shapes.scan,
  handle: async ({ mine, params: { id } }) => {
    const found = await mine.ask(storedScan, id);
    if (found === null) throw problem('API_NOT_FOUND', { what: 'scan', value: id });
    return found;
  },
});

const report = route({
  method: 'get',
  path: '/scans/{id}/report',
  tag: TAG,
  summary: 'The whole report of a look, as postern scan writes it; kept for a time.',
  access,
  params,
  produces: 'application/json',
  answer: z
    .object({ schema: z.literal('postern.scan/1') })
    .loose()
    .describe('schemas/scan.json'),
  handle: async ({ mine, params: { id }, header }) => {
    const body = await mine.ask(packedReport, id);
    if (body === null) throw problem('API_NOT_FOUND', { what: 'report of the scan', value: id });
    return download(body, id, header('accept-encoding') ?? '');
  },
});

/** As it is stored, for those who unpack it themselves; it is never held as text here. */
function download(body: Uint8Array, id: string, accepts: string): Response {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': `attachment; filename="postern-${id}.json"`,
    'cache-control': 'private, no-store',
    vary: 'accept-encoding',
  };
  if (/\bgzip\b(?!\s*;\s*q=0(\.0*)?(,|$))/i.test(accepts)) {
    const packed = new Uint8Array(body);
    return new Response(packed, { headers: { ...headers, 'content-encoding': 'gzip' } });
  }
  const plain = Readable.from([body]).pipe(createGunzip());
  return new Response(Readable.toWeb(plain) as ReadableStream, { headers });
}

export const scanRoutes: readonly Route[] = [list, one, report];

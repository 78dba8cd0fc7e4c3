import { z } from '@hono/zod-openapi';
import { changePage } from '../../store/queries/changes.ts';
import { cursor, limit, nextOf, pageOf } from '../paging.ts';
import { route } from '../route.ts';
import * as shapes from '../shapes.ts';

const place = z.object({
  at: z.int(),
  address: z.string(),
  vantage: z.string(),
  transport: shapes.transport,
  port: z.int(),
  kind: z.string(),
});

export const changesRoute = route({
  method: 'get',
  path: '/changes',
  tag: 'Changes',
  summary: 'What opened, closed or became another service.',
  access: { role: 'viewer', scope: 'read' },
  query: z.object({
    limit,
    cursor: cursor(place),
    since: shapes.time.optional().describe('After this time; default: ever.'),
    until: shapes.time.optional().describe('Up to this time; default: now.'),
    address: shapes.address.optional(),
    order: z.enum(['newest', 'oldest']).default('newest').describe('What comes first.'),
  }),
  answer: pageOf(shapes.change),
  handle: async ({ mine, query, now }) => {
    const { since, until, address, cursor: from, order } = query;
    const { changes, next } = await mine.ask(changePage, {
      after: since === undefined ? 0 : Date.parse(since),
      until: until === undefined ? now : Date.parse(until),
      newestFirst: order === 'newest',
      limit: query.limit,
      ...(address === undefined ? {} : { address }),
      ...(from === undefined ? {} : { cursor: from }),
    });
    return { items: changes, next: nextOf(place, next) };
  },
});

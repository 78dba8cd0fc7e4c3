import { z } from '@hono/zod-openapi';
import { route } from '../route.ts';

export const eventsRoute = route({
  method: 'get',
  path: '/events',
  tag: 'Live',
  summary: 'What happens: jobs and stored looks, as server-sent events.',
  access: { role: 'viewer', scope: 'read' },
  produces: 'text/event-stream',
  answer: z
    .string()
    .describe(
      'Events "job" (id, kind, status, progress, problem) and "look" (id, endedAt, hosts, open, findings, changes). It begins with the jobs as they are, or after Last-Event-ID. It ends when the key or session does.',
    ),
  handle: async ({ service, caller, header, stillAllowed, signal }) => {
    const { tenant } = caller;
    const lastId = header('last-event-id');
    const body = await service.live.subscribe({ tenant, lastId, stillAllowed, signal });
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        // nginx would hold events back until its buffer is full
        'x-accel-buffering': 'no',
      },
    });
  },
});

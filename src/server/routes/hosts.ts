import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import { assetPage } from '../../store/queries/assets.ts';
import { hostFindings } from '../../store/queries/findings.ts';
import { hostViews, intervalPage } from '../../store/queries/hosts.ts';
import { cursor, limit, nextOf, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import * as shapes from '../shapes.ts';
import { labelText } from './assets.ts';

/** Ports and findings that the page of one host holds; the history has them all. */
const SHOWN = 500;

const access = { role: 'viewer', scope: 'read' } as const;
const hostPlace = z.object({
  severity: z.int(),
  open: z.int(),
  position: z.string(),
  vantage: z.string(),
});

const list = route({
  method: 'get',
  path: '/hosts',
  tag: 'Hosts',
  summary: 'Hosts as they were seen, worst first.',
  access,
  query: z.object({
    limit,
    cursor: cursor(hostPlace),
    severity: shapes.severity.optional().describe('The worst open finding is this bad, or worse.'),
    text: z
      .string()
      .regex(/^[\w.:%-]{1,253}$/)
      .transform((text) => text.toLowerCase())
      .optional()
      .openapi({ type: 'string', description: 'Begins the address, or is part of a name.' }),
    port: shapes.portNumber.optional().openapi({ description: 'This port is open now.' }),
    label: labelText.optional().openapi({
      description:
        'An asset with this label is the address, a name that has it in the DNS now, or a network that holds it.',
    }),
  }),
  answer: pageOf(shapes.hostSeen),
  handle: async ({ mine, query, service }) => {
    const { severity, text, port, label, cursor: after } = query;
    const page = await mine.ask(assetPage, service.store.facts, {
      limit: query.limit,
      ...(after === undefined ? {} : { after }),
      filter: {
        ...(severity === undefined ? {} : { severity }),
        ...(text === undefined ? {} : { text }),
        ...(port === undefined ? {} : { port }),
        ...(label === undefined ? {} : { label }),
      },
    });
    return { items: page.assets, next: nextOf(hostPlace, page.next) };
  },
});

const one = route({
  method: 'get',
  path: '/hosts/{address}',
  tag: 'Hosts',
  summary: 'One host: what is open now, and the findings.',
  access,
  params: z.object({ address: shapes.address }),
  answer: z
    .object({
      address: z.string(),
      views: z.array(shapes.hostView).describe('By vantage.'),
      ports: z.array(shapes.interval).describe(`What stands now; the first ${SHOWN}.`),
      morePorts: z.boolean().describe('The history with current=true has all of them.'),
      findings: z.array(shapes.finding).describe(`Not resolved, worst first; up to ${SHOWN}.`),
    })
    .openapi('Host'),
  handle: async ({ mine, params: { address }, now }) => {
    const views = await mine.ask(hostViews, address);
    if (views.length === 0) throw problem('API_NOT_FOUND', { what: 'host', value: address });
    const names = [...new Set(views.flatMap((view) => view.names))];
    const { intervals, next } = await mine.ask(intervalPage, {
      ...{ address, names, current: true, limit: SHOWN },
    });
    const findings = await mine.ask(hostFindings, { address, limit: SHOWN, now });
    return { address, views, ports: intervals, morePorts: next !== null, findings };
  },
});

const intervalPlace = z.object({
  vantage: z.string(),
  transport: shapes.transport,
  port: z.int(),
  first_seen: z.int(),
});

const history = route({
  method: 'get',
  path: '/hosts/{address}/history',
  tag: 'Hosts',
  summary: 'When the ports of a host were open, and what answered.',
  access,
  params: z.object({ address: shapes.address }),
  query: z.object({
    limit,
    cursor: cursor(intervalPlace),
    current: z.enum(['true', 'false']).default('false').describe('Only what stands now.'),
    port: shapes.portNumber.optional(),
    transport: shapes.transport.optional(),
  }),
  answer: pageOf(shapes.interval),
  handle: async ({ mine, params: { address }, query }) => {
    const views = await mine.ask(hostViews, address);
    if (views.length === 0) throw problem('API_NOT_FOUND', { what: 'host', value: address });
    const { current, port, transport, cursor: after } = query;
    const { intervals, next } = await mine.ask(intervalPage, {
      address,
      names: [...new Set(views.flatMap((view) => view.names))],
      current: current === 'true',
      limit: query.limit,
      ...(port === undefined ? {} : { port }),
      ...(transport === undefined ? {} : { transport }),
      ...(after === undefined ? {} : { after }),
    });
    return { items: intervals, next: nextOf(intervalPlace, next) };
  },
});

export const hostRoutes: readonly Route[] = [list, one, history];

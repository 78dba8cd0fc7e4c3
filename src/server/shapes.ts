import { z } from '@hono/zod-openapi';
import { phantomGroup, scope, service, sharedEdge, verdict } from '../contract/scan.ts';
import { CHANGE_KINDS, FINDING_STATUSES, SOURCES } from '../model/history.ts';
import { readNetwork } from '../model/network.ts';
import { PHANTOM_KINDS, STANDINGS } from '../model/scan.ts';
import { LEVELS, SEVERITIES } from '../model/verdict.ts';

/** What several routes give and take. */
export const time = z.iso.datetime();
export const severity = z.enum(SEVERITIES);
export const transport = z.enum(['tcp', 'udp']);
/** As of a query. */
export const portNumber = z.coerce
  .number()
  .int()
  .min(0)
  .max(65_535)
  .openapi({ type: 'integer', minimum: 0, maximum: 65_535 });
const port = z.int();
const names = z.array(z.string()).describe('Names that resolved to the address.');
const vantage = z.string().describe('Where it was seen from: the name of a machine.');
const states = z.enum(['open', 'closed', 'filtered', 'unreachable']);

/** An address as the store writes it. */
export const address = z
  .string()
  .max(80)
  .transform((text) => text.toLowerCase())
  .refine((text) => readNetwork(text) !== null && !text.includes('/'), 'it is no IP address')
  .openapi({ type: 'string', description: 'IPv4 or IPv6 address (RFC 5952).' });

export const hostSeen = z
  .object({
    address: z.string(),
    vantage,
    names,
    open: z.int().describe('Open ports that are no phantoms.'),
    severity: severity.exactOptional().describe('Of the worst open finding; absent: none.'),
    firstSeen: time,
    lastSeen: time,
  })
  .openapi('HostSeen');

export const hostView = hostSeen
  .extend({
    phantoms: z.array(phantomGroup),
    edge: sharedEdge.exactOptional(),
  })
  .openapi('HostView');

export const interval = z
  .object({
    address: z.string(),
    names,
    transport,
    port,
    vantage,
    state: states,
    service: service.exactOptional(),
    standing: z.enum(STANDINGS).exactOptional(),
    phantom: z.enum(PHANTOM_KINDS).exactOptional(),
    verdict: verdict.exactOptional(),
    firstSeen: time.describe('First look that saw it so.'),
    lastSeen: time.describe('Last look that saw it so.'),
    lastCovered: time.describe('Last look that covered it.'),
    endedAt: time.exactOptional().describe('When a look saw something else; absent: it is so now.'),
    silences: z.int().describe('Looks in a row that were met with silence since.'),
  })
  .describe('A time during which a port stayed as it was.')
  .openapi('Interval');

const side = z.object({
  state: states,
  identity: z.object({
    protocol: z.string().exactOptional(),
    product: z.string().exactOptional(),
    version: z.string().exactOptional(),
    certificate: z.string().exactOptional().describe('SHA-256 of the leaf certificate.'),
  }),
  level: z.enum(LEVELS).exactOptional(),
  severity: severity.exactOptional(),
});

export const change = z
  .object({
    kind: z.enum(CHANGE_KINDS),
    at: time,
    address: z.string(),
    names,
    vantage,
    transport,
    port,
    before: side.exactOptional(),
    after: side.exactOptional(),
  })
  .openapi('Change');

export const finding = z
  .object({
    id: z.uuid(),
    address: z.string(),
    names,
    vantage,
    transport,
    port,
    rule: z.string().describe('docs/rules.md has a section for each.'),
    severity,
    why: z.string(),
    todo: z.string(),
    evidence: z.array(z.string()),
    view: z.enum(['outside', 'inside', 'both']).describe('The view it rests on.'),
    status: z.enum(FINDING_STATUSES),
    openedAt: time,
    lastSeen: time,
    resolvedAt: time.exactOptional(),
    reopened: z.int().describe('Times it came back within 90 days of being resolved.'),
    accepted: z.object({ reason: z.string(), by: z.string(), until: time }).exactOptional(),
    assignee: z.string().exactOptional(),
  })
  .openapi('Finding');

export const scan = z
  .object({
    id: z.uuid(),
    source: z.enum(SOURCES),
    tool: z.string(),
    startedAt: time,
    endedAt: time,
    complete: z.boolean(),
    scope,
    hosts: z.int(),
    open: z.int(),
    problems: z.array(z.object({ code: z.string(), message: z.string() })),
  })
  .openapi('Scan');

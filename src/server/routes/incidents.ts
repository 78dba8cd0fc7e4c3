import { z } from '@hono/zod-openapi';
import { incidentOf } from '../../alerts/rows.ts';
import { problem } from '../../model/errors.ts';
import { SEVERITIES } from '../../model/verdict.ts';
import type { Alert } from '../../notify/message.ts';
import { incidentPage } from '../../store/queries/incidents.ts';
import { outboxMessage, outboxPage, retryMessage } from '../../store/queries/outbox.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import type { IncidentRow, OutboxRow } from '../../store/service-schema.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const TAG = 'Alerts';
const READ = { role: 'viewer', scope: 'read' } as const;
const CHANGE = { role: 'admin', scope: 'settings' } as const;

const time = z.iso.datetime();
const incident = z
  .object({
    id: z.uuid(),
    rule: z.uuid().describe('The alert rule that it is for.'),
    subject: z.string().describe('`finding:ID`, `agent:ID`, `bundle:ID` of several at once …'),
    status: z.enum(['open', 'resolved']),
    severity: z.enum(SEVERITIES),
    what: z.string(),
    host: z.string().nullable(),
    port: z.int().nullable(),
    openedAt: time,
    changedAt: time,
    toldAt: time.nullable().describe('Of the last message; null: nobody was told yet.'),
    wakeAt: time
      .nullable()
      .describe('When it is looked at again: a reminder, the end of quiet or of an acceptance.'),
    flapping: z.boolean().describe('It comes and goes, and is told of when it is stable.'),
    bundle: z.uuid().nullable().describe('The incident that tells of it together with others.'),
    messages: z.int(),
  })
  .openapi('Incident');

function shown(row: IncidentRow): z.input<typeof incident> {
  const { facts, ...about } = incidentOf(row);
  const { id, rule, subject, status, severity, flapping, bundle, seq } = about;
  return {
    ...{ id, rule, subject, status, flapping, bundle, messages: seq },
    severity: SEVERITIES[severity] ?? 'info',
    ...{ what: facts.what, host: facts.host, port: facts.port },
    openedAt: isoOf(about.openedAt),
    changedAt: isoOf(about.changedAt),
    toldAt: isoOrNull(about.toldAt),
    wakeAt: isoOrNull(about.wakeAt),
  };
}

const incidentPlace = z.object({ changed_at: z.int(), id: z.uuid() });

const incidents = route({
  method: 'get',
  path: '/incidents',
  tag: TAG,
  summary: 'What was told, or is to be, by alert rule; the newest change first.',
  access: READ,
  query: z.object({
    limit,
    cursor: cursor(incidentPlace),
    status: z.enum(['open', 'resolved']).optional(),
  }),
  answer: pageOf(incident),
  handle: async ({ mine, query }) => {
    const asked = { limit: query.limit + 1, after: query.cursor, status: query.status };
    const rows = await mine.ask(incidentPage, asked);
    return pageFrom(rows, {
      limit: query.limit,
      itemOf: shown,
      place: incidentPlace,
      placeOf: (row) => row,
    });
  },
});

const message = z
  .object({
    id: z.uuid(),
    alert: z.string().describe('Id of the message: the same at every try and over every channel.'),
    channel: z.uuid(),
    rule: z.uuid().nullable(),
    incident: z.uuid().nullable(),
    status: z.enum(['waiting', 'sent', 'failed']),
    kind: z.string(),
    severity: z.enum(SEVERITIES),
    what: z.string(),
    attempts: z.int(),
    createdAt: time,
    nextAt: time.describe('Of the next try, while it waits.'),
    endedAt: time.nullable(),
    problem: z.string().nullable().describe('What the last try met, without secrets.'),
  })
  .openapi('OutboxMessage');

function messageOf(row: OutboxRow): z.input<typeof message> {
  const { id, channel, rule, status, attempts, problem: met } = row;
  const { id: alert, kind, severity, what } = JSON.parse(row.alert) as Alert;
  return {
    ...{ id, alert, channel, rule, incident: row.incident, status, kind, severity, what },
    ...{ attempts, createdAt: isoOf(row.created_at), nextAt: isoOf(row.next_at) },
    ...{ endedAt: isoOrNull(row.ended_at), problem: met },
  };
}

const messagePlace = z.object({ created_at: z.int(), id: z.uuid() });

const outbox = route({
  method: 'get',
  path: '/outbox',
  tag: TAG,
  summary: 'Messages, the newest first; those that are ended stay 30 days.',
  access: READ,
  query: z.object({
    limit,
    cursor: cursor(messagePlace),
    status: z.enum(['waiting', 'sent', 'failed']).optional(),
  }),
  answer: pageOf(message),
  handle: async ({ mine, query }) => {
    const asked = { limit: query.limit + 1, after: query.cursor, status: query.status };
    const rows = await mine.ask(outboxPage, asked);
    return pageFrom(rows, {
      limit: query.limit,
      itemOf: messageOf,
      place: messagePlace,
      placeOf: (row) => row,
    });
  },
});

const retry = route({
  method: 'post',
  path: '/outbox/{id}/retry',
  tag: TAG,
  summary: 'Sends a failed message again.',
  access: CHANGE,
  status: 202,
  params: z.object({ id: z.uuid() }),
  answer: z.object({ id: z.uuid() }),
  handle: async ({ mine, service, params: { id }, now }) => {
    await mine.change({ action: 'message.retry', subject: id }, async (tx, tenant) => {
      if (await retryMessage(tx, tenant, id, now)) return;
      const row = await outboxMessage(tx, tenant, id);
      if (row === undefined) throw problem('API_NOT_FOUND', { what: 'message', value: id });
      const values = { where: 'the message', problem: `it is ${row.status}, not failed` };
      throw problem('API_INVALID', values);
    });
    service.wakeAlerts();
    return { id };
  },
});

/** What became of it. */
export const incidentRoutes: readonly Route[] = [incidents, outbox, retry];

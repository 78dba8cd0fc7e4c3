import { z } from '@hono/zod-openapi';
import { auditLines } from '../../store/queries/audit-log.ts';
import { isoOf } from '../../store/rows.ts';
import type { AuditLogRow } from '../../store/service-schema.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import { type Route, route } from '../route.ts';

const time = z.iso.datetime();
const text = z.string().max(200).optional();
const place = z.object({ at: z.int(), id: z.string() });

const line = z
  .object({
    id: z.string(),
    at: time,
    actor: z
      .string()
      .describe(
        'user:ID, key:ID, agent:ID, cli or cli:ACCOUNT (on the machine itself), or "nobody".',
      ),
    action: z.string().describe('Such as finding.accept, member.role, session.create.'),
    subject: z.string().describe('Id of what was changed.'),
    detail: z.unknown(),
    source: z.string().nullable().describe('Address that the request came from.'),
  })
  .openapi('AuditLine');

function shown({ id, at, actor, action, subject, detail, source }: AuditLogRow) {
  const when = isoOf(at);
  return { id, at: when, actor, action, subject, detail: JSON.parse(detail) as unknown, source };
}

const listRoute = route({
  method: 'get',
  path: '/audit-log',
  tag: 'Audit log',
  summary: 'Who changed what and when, and who signed in, the newest first.',
  access: { role: 'admin', scope: 'admin' },
  query: z.object({
    limit,
    cursor: cursor(place),
    actor: text,
    action: text.describe('An action, or its first word for all that begin with it.'),
    subject: text,
    since: time.optional(),
    until: time.optional().describe('Lines before this time.'),
  }),
  answer: pageOf(line),
  handle: async ({ mine, query }) => {
    const { limit: most, cursor: after, since, until, ...rest } = query;
    const rows = await mine.ask(auditLines, {
      ...{ ...rest, after, limit: most + 1 },
      since: since === undefined ? undefined : Date.parse(since),
      until: until === undefined ? undefined : Date.parse(until),
    });
    return pageFrom(rows, { limit: most, itemOf: shown, place, placeOf: (row) => row });
  },
});

export const auditLogRoutes: readonly Route[] = [listRoute];

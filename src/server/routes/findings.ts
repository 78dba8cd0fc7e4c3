import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import { FINDING_STATUSES } from '../../model/history.ts';
import {
  type Act,
  acceptFinding,
  assignFinding,
  commentFinding,
  MOST_ACCEPTED_DAYS,
  unacceptFinding,
} from '../../store/queries/finding-actions.ts';
import { findingById, findingEvents, findingPage } from '../../store/queries/findings.ts';
import { isoOf } from '../../store/rows.ts';
import type { Deed } from '../mine.ts';
import { cursor, limit, nextOf, pageOf } from '../paging.ts';
import { type Asked, type Route, route } from '../route.ts';
import * as shapes from '../shapes.ts';

const DAY = 24 * 60 * 60 * 1000;
const TAG = 'Findings';
const reading = { role: 'viewer', scope: 'read' } as const;
const acting = { role: 'operator', scope: 'findings' } as const;
const params = z.object({ id: z.uuid() });
const text = z.string().trim().min(1).max(2000);
const place = z.object({ severity: z.int(), opened_at: z.int(), id: z.string() });

const list = route({
  method: 'get',
  path: '/findings',
  tag: TAG,
  summary: 'Findings of one status, worst first.',
  access: reading,
  query: z.object({
    limit,
    cursor: cursor(place),
    status: z.enum(FINDING_STATUSES).default('open'),
    severity: shapes.severity.optional().describe('This bad, or worse.'),
    rule: z.string().max(100).optional().describe('Id of the rule, `group.name`.'),
    address: shapes.address.optional(),
    assignee: z.string().max(200).optional(),
  }),
  answer: pageOf(shapes.finding),
  handle: async ({ mine, query, now }) => {
    const { severity, rule, address, assignee, cursor: after } = query;
    const { findings, next } = await mine.ask(findingPage, {
      status: query.status,
      limit: query.limit,
      now,
      ...(severity === undefined ? {} : { severity }),
      ...(rule === undefined ? {} : { rule }),
      ...(address === undefined ? {} : { address }),
      ...(assignee === undefined ? {} : { assignee }),
      ...(after === undefined ? {} : { after }),
    });
    return { items: findings, next: nextOf(place, next) };
  },
});

const event = z
  .object({
    at: shapes.time,
    kind: z
      .string()
      .describe('opened, changed, resolved, reopened, accepted, unaccepted, assigned, commented'),
    actor: z.string().nullable().describe('Null: a look found it so.'),
    detail: z.string(),
  })
  .openapi('FindingEvent');

const withEvents = shapes.finding
  .extend({ events: z.array(event).describe('Oldest first.') })
  .openapi('FindingWithEvents');

async function shown(
  { mine, now }: Pick<Asked<undefined, undefined, undefined>, 'mine' | 'now'>,
  id: string,
) {
  const found = await mine.ask(findingById, { id, now });
  if (found === null) throw problem('API_NOT_FOUND', { what: 'finding', value: id });
  const events = await mine.ask(findingEvents, id);
  return {
    ...found,
    events: events.map(({ at, ...rest }) => ({ ...rest, at: isoOf(at) })),
  };
}

const one = route({
  method: 'get',
  path: '/findings/{id}',
  tag: TAG,
  summary: 'One finding, and what happened to it.',
  access: reading,
  params,
  answer: withEvents,
  handle: (asked) => shown(asked, asked.params.id),
});

type Does = (tx: Parameters<typeof acceptFinding>[0], act: Act) => Promise<boolean>;

/** Does something to a finding, notes who did it, and shows what came of it. */
async function act(
  {
    mine,
    caller,
    service,
    now,
  }: Pick<Asked<undefined, undefined, undefined>, 'mine' | 'caller' | 'service' | 'now'>,
  deed: Deed,
  does: Does,
) {
  await mine.changeInTurn(deed, async (tx, tenant) => {
    const { subject: finding } = deed;
    const { facts } = service.store;
    const done = await does(tx, { facts, tenant, finding, actor: caller.actor, at: now });
    if (!done) throw problem('API_NOT_FOUND', { what: 'finding', value: finding });
  });
  return shown({ mine, now }, deed.subject);
}

const accept = route({
  method: 'post',
  path: '/findings/{id}/accept',
  tag: TAG,
  summary: 'Take a finding for right, for a time and a reason.',
  access: acting,
  params,
  body: z.object({
    reason: text,
    until: shapes.time.describe(`When it is looked at again; within ${MOST_ACCEPTED_DAYS} days.`),
  }),
  answer: withEvents,
  handle: (asked) => {
    const { body, now } = asked;
    const until = Date.parse(body.until);
    if (until <= now || until > now + MOST_ACCEPTED_DAYS * DAY) {
      throw problem('API_INVALID', {
        where: 'until in the body',
        problem: `it must be within the next ${MOST_ACCEPTED_DAYS} days`,
      });
    }
    const deed = { action: 'finding.accept', subject: asked.params.id, detail: body };
    return act(asked, deed, (tx, done) => acceptFinding(tx, done, { reason: body.reason, until }));
  },
});

const unaccept = route({
  method: 'delete',
  path: '/findings/{id}/accept',
  tag: TAG,
  summary: 'Take an acceptance back.',
  access: acting,
  params,
  answer: withEvents,
  handle: (asked) =>
    act(asked, { action: 'finding.unaccept', subject: asked.params.id }, unacceptFinding),
});

const assign = route({
  method: 'put',
  path: '/findings/{id}/assignee',
  tag: TAG,
  summary: 'Say who sees to a finding.',
  access: acting,
  params,
  body: z.object({
    assignee: z.string().trim().min(1).max(200).nullable().describe('Null: nobody.'),
  }),
  answer: withEvents,
  handle: (asked) => {
    const { assignee } = asked.body;
    const deed = { action: 'finding.assign', subject: asked.params.id, detail: { assignee } };
    return act(asked, deed, (tx, done) => assignFinding(tx, done, assignee));
  },
});

const comment = route({
  method: 'post',
  path: '/findings/{id}/comments',
  tag: TAG,
  summary: 'Write something to a finding.',
  access: acting,
  params,
  body: z.object({ text }),
  answer: withEvents,
  status: 201,
  handle: (asked) => {
    const deed = { action: 'finding.comment', subject: asked.params.id };
    return act(asked, deed, (tx, done) => commentFinding(tx, done, asked.body.text));
  },
});

export const findingRoutes: readonly Route[] = [list, one, accept, unaccept, assign, comment];

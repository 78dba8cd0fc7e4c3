import { z } from '@hono/zod-openapi';
import { scheduleSpec } from '../../contract/service/schedules.ts';
import { nextRuns } from '../../jobs/schedule.ts';
import { createSchedule, editSchedule, runSchedule } from '../../jobs/scheduling.ts';
import { timingOf } from '../../jobs/turn.ts';
import { problem } from '../../model/errors.ts';
import { removeSchedule, scheduleById, schedulePage } from '../../store/queries/schedules.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import type { ScheduleRow } from '../../store/service-schema.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import type { Route } from '../route.ts';
import { route } from '../route.ts';
import { byId, nothing } from './assets.ts';
import { jobAnswer, jobOf } from './jobs.ts';

const MAX_PREVIEW = 100;
const tag = 'Schedules';
const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'operator', scope: 'scan' } as const;

const name = z.string().trim().min(1).max(100);
const place = z.uuid();

const answer = z
  .object({
    id: z.uuid(),
    name: z.string(),
    enabled: z.boolean(),
    spec: scheduleSpec,
    nextAt: z.iso.datetime().nullable().describe('Null: it is disabled, or never comes again.'),
    lastAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
  })
  .openapi('Schedule');

function scheduleOf(row: ScheduleRow): z.input<typeof answer> {
  return {
    ...{ id: row.id, name: row.name, enabled: row.enabled === 1, spec: timingOf(row).spec },
    ...{ nextAt: isoOrNull(row.next_at), lastAt: isoOrNull(row.last_at) },
    ...{ createdAt: isoOf(row.created_at), createdBy: row.created_by },
  };
}

function absent(id: string) {
  return problem('API_NOT_FOUND', { what: 'schedule', value: id });
}

function there(row: ScheduleRow | null, id: string): ScheduleRow {
  if (row === null) throw absent(id);
  return row;
}

export const scheduleRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/schedules',
    tag,
    summary: 'Schedules.',
    access: read,
    query: z.object({ limit, cursor: cursor(place) }),
    answer: pageOf(answer),
    handle: async ({ mine, query: { limit: most, cursor: after } }) => {
      const rows = await mine.ask(schedulePage, { limit: most + 1, after });
      return pageFrom(rows, { limit: most, itemOf: scheduleOf, place, placeOf: ({ id }) => id });
    },
  }),
  route({
    method: 'post',
    path: '/schedules',
    tag,
    summary: 'Adds a schedule.',
    access: write,
    body: z.strictObject({ name, enabled: z.boolean().default(true), spec: scheduleSpec }),
    answer,
    status: 201,
    handle: async ({ mine, body, caller, service, now }) => {
      const deed = { action: 'schedule.add', subject: body.name };
      const row = await mine.change(deed, createSchedule, { ...body, by: caller.actor, now });
      service.wakeJobs();
      return scheduleOf(row);
    },
  }),
  route({
    method: 'get',
    path: '/schedules/{id}',
    tag,
    summary: 'One schedule.',
    access: read,
    params: byId,
    answer,
    handle: async ({ mine, params: { id } }) =>
      scheduleOf(there(await mine.ask(scheduleById, id), id)),
  }),
  route({
    method: 'patch',
    path: '/schedules/{id}',
    tag,
    summary: 'Changes a schedule, or switches it on or off.',
    access: write,
    params: byId,
    body: z.strictObject({
      name: name.exactOptional(),
      enabled: z.boolean().exactOptional(),
      spec: scheduleSpec.exactOptional(),
    }),
    answer,
    handle: async ({ mine, params: { id }, body, service, now }) => {
      const { enabled, name: called } = body;
      const detail = { name: called, enabled, spec: body.spec !== undefined };
      const deed = { action: 'schedule.change', subject: id, detail };
      const row = await mine.change(deed, editSchedule, id, { ...body, now });
      service.wakeJobs();
      return scheduleOf(row);
    },
  }),
  route({
    method: 'delete',
    path: '/schedules/{id}',
    tag,
    summary: 'Takes a schedule away; a scan of it under way goes on.',
    access: write,
    params: byId,
    answer: nothing,
    handle: async ({ mine, params: { id } }) => {
      const { name: called } = there(await mine.ask(scheduleById, id), id);
      const deed = { action: 'schedule.remove', subject: id, detail: { name: called } };
      await mine.change(deed, async (tx, tenant) => {
        if (!(await removeSchedule(tx, tenant, id))) throw absent(id);
      });
      return {};
    },
  }),
  route({
    method: 'get',
    path: '/schedules/{id}/next',
    tag,
    summary: 'When a schedule would run next, switched on or not.',
    access: read,
    params: byId,
    query: z.object({ count: z.coerce.number().int().min(1).max(MAX_PREVIEW).default(5) }),
    answer: z.object({ runs: z.array(z.iso.datetime()) }),
    handle: async ({ mine, params: { id }, query, now }) => {
      const row = there(await mine.ask(scheduleById, id), id);
      return { runs: nextRuns(timingOf(row), now, query.count).map(isoOf) };
    },
  }),
  route({
    method: 'post',
    path: '/schedules/{id}/run',
    tag,
    summary: 'Runs a schedule now, in a blackout too.',
    access: write,
    params: byId,
    answer: jobAnswer,
    status: 202,
    handle: async ({ mine, params: { id }, caller, service, now }) => {
      const deed = { action: 'schedule.run', subject: id };
      const job = await mine.change(deed, runSchedule, id, { by: caller.actor, now });
      service.wakeJobs();
      return jobOf(job);
    },
  }),
];

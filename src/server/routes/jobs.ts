import { z } from '@hono/zod-openapi';
import { jobProgress, scanOrder } from '../../contract/service/jobs.ts';
import { orderScan } from '../../jobs/scheduling.ts';
import { problem } from '../../model/errors.ts';
import { cancelJob, jobById, jobPage } from '../../store/queries/jobs.ts';
import { isoOf, isoOrNull } from '../../store/rows.ts';
import type { JobRow } from '../../store/service-schema.ts';
import { cursor, limit, pageFrom, pageOf } from '../paging.ts';
import type { Route } from '../route.ts';
import { route } from '../route.ts';
import { byId } from './assets.ts';

const tag = 'Jobs';
const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'operator', scope: 'scan' } as const;

const STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
const time = z.iso.datetime().nullable();

export const jobAnswer = z
  .object({
    id: z.uuid().describe('Of a scan also the id of what it stores.'),
    kind: z.enum(['scan', 'dns', 'compact']),
    status: z.enum(STATUSES),
    schedule: z.uuid().nullable(),
    targets: z.array(z.string()).describe('Those that were named; groups may add more.'),
    targetCount: z.int().describe('How many were named: the list shows the first 100.'),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    dueAt: z.iso.datetime(),
    startedAt: time,
    endedAt: time,
    attempts: z.int(),
    progress: jobProgress.nullable(),
    problem: z.string().nullable().describe('`CODE: message` of what went wrong.'),
    stopping: z.boolean().describe('It was asked to stop.'),
  })
  .openapi('Job');

const SHOWN_TARGETS = 100;
const named = z.object({ targets: z.array(z.string()).default([]) });

export function jobOf(row: JobRow): z.input<typeof jobAnswer> {
  const { targets } = named.parse(JSON.parse(row.spec));
  return {
    ...{ id: row.id, kind: row.kind, status: row.status, schedule: row.schedule },
    ...{ targets: targets.slice(0, SHOWN_TARGETS), targetCount: targets.length },
    ...{ createdAt: isoOf(row.created_at), createdBy: row.created_by, dueAt: isoOf(row.due_at) },
    ...{
      startedAt: isoOrNull(row.started_at),
      endedAt: isoOrNull(row.ended_at),
      attempts: row.attempts,
    },
    progress: row.progress === null ? null : jobProgress.parse(JSON.parse(row.progress)),
    problem: row.problem,
    stopping: row.status === 'running' && row.cancel !== 0,
  };
}

function there(row: JobRow | null, id: string): JobRow {
  if (row === null) throw problem('API_NOT_FOUND', { what: 'job', value: id });
  return row;
}

/** The place behind a job in the list. */
const place = z.object({ at: z.int(), id: z.uuid() });

export const jobRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/scans',
    tag,
    summary: 'Scans once, as soon as a worker is free.',
    access: write,
    body: scanOrder,
    answer: jobAnswer,
    status: 202,
    handle: async ({ mine, body, caller, service, now }) => {
      const deed = { action: 'scan.order', subject: body.targets.slice(0, 5).join(', ') };
      const job = await mine.change(deed, orderScan, body, { by: caller.actor, now });
      service.wakeJobs();
      return jobOf(job);
    },
  }),
  route({
    method: 'get',
    path: '/jobs',
    tag,
    summary: 'Jobs, newest first.',
    access: read,
    query: z.object({
      limit,
      cursor: cursor(place),
      status: z.enum(STATUSES).optional(),
      schedule: z.uuid().optional(),
    }),
    answer: pageOf(jobAnswer),
    handle: async ({ mine, query: { limit: most, cursor: after, status, schedule } }) => {
      const rows = await mine.ask(jobPage, { limit: most + 1, after, status, schedule });
      const placeOf = ({ created_at: at, id }: JobRow) => ({ at, id });
      return pageFrom(rows, { limit: most, itemOf: jobOf, place, placeOf });
    },
  }),
  route({
    method: 'get',
    path: '/jobs/{id}',
    tag,
    summary: 'One job.',
    access: read,
    params: byId,
    answer: jobAnswer,
    handle: async ({ mine, params: { id } }) => jobOf(there(await mine.ask(jobById, id), id)),
  }),
  route({
    method: 'post',
    path: '/jobs/{id}/cancel',
    tag,
    summary: 'Cancels a job; one that runs stops within a few seconds, and keeps what it found.',
    access: write,
    params: byId,
    answer: jobAnswer,
    status: 202,
    handle: async ({ mine, params: { id }, now }) =>
      mine.change({ action: 'job.cancel', subject: id }, async (tx, tenant) => {
        await cancelJob(tx, tenant, id, now);
        return jobOf(there(await jobById(tx, tenant, id), id));
      }),
  }),
];

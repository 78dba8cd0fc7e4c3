import { z } from '@hono/zod-openapi';
import { problem } from '../../model/errors.ts';
import { changePage } from '../../store/queries/changes.ts';
import { packedReport, storedScan } from '../../store/queries/scans.ts';
import { diffReports } from '../diff.ts';
import type { Mine } from '../mine.ts';
import { route } from '../route.ts';
import * as shapes from '../shapes.ts';

const MOST = 2000;
const side = z.union([z.uuid(), shapes.time]);

export const diffRoute = route({
  method: 'get',
  path: '/diff',
  tag: 'Changes',
  summary: 'What differs between two looks, or changed between two times.',
  access: { role: 'viewer', scope: 'read' },
  query: z.object({
    from: side.describe('Id of a scan, or a time.'),
    to: side.describe('Likewise: two scans or two times.'),
  }),
  answer: z
    .object({
      from: shapes.time,
      to: shapes.time,
      changes: z.array(shapes.change).describe(`The first ${MOST}.`),
      more: z.boolean(),
    })
    .openapi('Diff'),
  handle: async ({ mine, query: { from, to } }) => {
    const [old, now] = [shapes.time.safeParse(from).success, shapes.time.safeParse(to).success];
    if (old !== now) {
      throw problem('API_INVALID', {
        where: 'from and to in the query',
        problem: 'a scan is compared with a scan, and a time with a time',
      });
    }
    return old ? betweenTimes(mine, from, to) : betweenScans(mine, from, to);
  },
});

async function betweenTimes(mine: Mine, from: string, to: string) {
  const { changes, next } = await mine.ask(changePage, {
    ...{ after: Date.parse(from), until: Date.parse(to), newestFirst: false, limit: MOST },
  });
  return { from, to, changes, more: next !== null };
}

async function betweenScans(mine: Mine, from: string, to: string) {
  const [old, now] = [await packed(mine, from), await packed(mine, to)];
  const { changes, total } = await diffReports({ before: old.body, after: now.body, most: MOST });
  return { from: old.endedAt, to: now.endedAt, changes, more: total > changes.length };
}

async function packed(mine: Mine, id: string) {
  const scan = await mine.ask(storedScan, id);
  const body = scan === null ? null : await mine.ask(packedReport, id);
  if (scan === null || body === null) {
    throw problem('API_NOT_FOUND', { what: 'report of the scan', value: id });
  }
  return { endedAt: scan.endedAt, body };
}

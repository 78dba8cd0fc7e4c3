import { z } from '@hono/zod-openapi';
import { SEVERITIES } from '../../model/verdict.ts';
import { overview } from '../../store/queries/overview.ts';
import { route } from '../route.ts';

const WEEK = 7 * 24 * 60 * 60 * 1000;

const bySeverity = z.record(z.enum(SEVERITIES), z.int());

export const overviewRoute = route({
  method: 'get',
  path: '/overview',
  tag: 'Overview',
  summary: 'Counts of hosts, open ports, findings and changes.',
  access: { role: 'viewer', scope: 'read' },
  query: z.object({
    since: z.iso
      .datetime()
      .optional()
      .describe('Changes are counted from here; default a week ago.'),
  }),
  answer: z
    .object({
      hosts: z.int(),
      open: z.int().describe('Open ports that are no phantoms.'),
      hostsBySeverity: bySeverity.describe('By the worst open finding.'),
      openFindings: bySeverity,
      changes: z.int(),
    })
    .openapi('Overview'),
  handle: ({ mine, query, now, caller, service }) => {
    const since = query.since === undefined ? now - WEEK : Date.parse(query.since);
    const key = JSON.stringify([caller.tenant, query.since ?? 'a week ago']);
    return service.counts.of(key, () => mine.ask(overview, since));
  },
});

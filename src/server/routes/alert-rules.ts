import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { Transaction } from 'kysely';
import { channelIds } from '../../alerts/channels.ts';
import { ruleRow } from '../../alerts/defaults.ts';
import { type AlertRuleSpec, alertRuleSpec } from '../../contract/service/alert-rule.ts';
import { problem } from '../../model/errors.ts';
import {
  addAlertRule,
  alertRule,
  alertRules,
  changeAlertRule,
  dropAlertRule,
} from '../../store/queries/alert-rules.ts';
import { isoOrNull } from '../../store/rows.ts';
import type { Tables } from '../../store/schema.ts';
import type { AlertRuleRow } from '../../store/service-schema.ts';
import { type Route, route } from '../route.ts';
import type { Service } from '../service.ts';

const TAG = 'Alerts';
const READ = { role: 'viewer', scope: 'read' } as const;
const CHANGE = { role: 'admin', scope: 'settings' } as const;

const fields = {
  name: z.string().trim().min(1).max(100),
  enabled: z.boolean().default(true),
  position: z.int().min(0).max(10_000).default(0).describe('Rules are asked from 0 upwards.'),
  spec: alertRuleSpec,
};
const rule = z
  .object({
    ...fields,
    id: z.uuid(),
    nextDigest: z.iso.datetime().nullable().describe('Null: it tells at once, and owes no list.'),
  })
  .openapi('AlertRule');
const one = z.object({ id: z.uuid() });

function shown(row: AlertRuleRow): z.input<typeof rule> {
  const { id, name, enabled, position, digest_at } = row;
  const nextDigest = isoOrNull(digest_at);
  const spec = alertRuleSpec.parse(JSON.parse(row.spec));
  return { id, name, enabled: enabled === 1, position, spec, nextDigest };
}

function none(id: string) {
  return problem('API_NOT_FOUND', { what: 'alert rule', value: id });
}

async function checkChannels(
  tx: Transaction<Tables>,
  tenant: string,
  { channels }: AlertRuleSpec,
  { sealer, notify }: Service,
): Promise<void> {
  if (channels === 'all') return;
  const known = await channelIds(tx, tenant, { sealer, notify });
  const unknown = channels.find((id) => !known.includes(id));
  if (unknown !== undefined) throw problem('API_NOT_FOUND', { what: 'channel', value: unknown });
}

/** When a rule that is changed tells what it has gathered, and of what. */
function digestOf(
  before: AlertRuleRow,
  { digest_at: next }: Pick<AlertRuleRow, 'digest_at'>,
  now: number,
): Pick<AlertRuleRow, 'digest_at' | 'digest_from'> {
  // what was told at once is not told again in a list
  if (before.digest_at === null) return { digest_at: next, digest_from: now };
  const { delivery } = alertRuleSpec.parse(JSON.parse(before.spec));
  // what waits for a list is not lost when there will be no other
  const last = delivery.when === 'immediate' ? before.digest_at : now;
  return { digest_at: next ?? last, digest_from: before.digest_from };
}

const list = route({
  method: 'get',
  path: '/alert-rules',
  tag: TAG,
  summary: 'What is told to whom, in the order in which rules are asked.',
  access: READ,
  answer: z.object({ items: z.array(rule), next: z.null() }),
  handle: async ({ mine }) => ({ items: (await mine.ask(alertRules)).map(shown), next: null }),
});

const add = route({
  method: 'post',
  path: '/alert-rules',
  tag: TAG,
  summary: 'Adds an alert rule. It tells what happens from now on.',
  access: CHANGE,
  status: 201,
  body: z.object(fields),
  answer: one,
  handle: async ({ mine, body, now, service }) => {
    const id = randomUUID();
    await mine.change(
      { action: 'alert-rule.create', subject: id, detail: body },
      async (tx, tenant) => {
        await checkChannels(tx, tenant, body.spec, service);
        await addAlertRule(tx, tenant, ruleRow({ id, ...body }, now));
      },
    );
    return { id };
  },
});

const change = route({
  method: 'put',
  path: '/alert-rules/{id}',
  tag: TAG,
  summary: 'Changes an alert rule. What it has told stays told; what it gathered is told.',
  access: CHANGE,
  params: one,
  body: z.object(fields),
  answer: one,
  handle: async ({ mine, params: { id }, body, now, service }) => {
    await mine.change(
      { action: 'alert-rule.change', subject: id, detail: body },
      async (tx, tenant) => {
        const before = await alertRule(tx, tenant, id);
        if (before === undefined) throw none(id);
        await checkChannels(tx, tenant, body.spec, service);
        const row = ruleRow({ id, ...body }, now);
        const { created_at } = before;
        await changeAlertRule(tx, tenant, id, {
          ...row,
          created_at,
          ...digestOf(before, row, now),
        });
      },
    );
    service.wakeAlerts();
    return { id };
  },
});

const drop = route({
  method: 'delete',
  path: '/alert-rules/{id}',
  tag: TAG,
  summary: 'Takes an alert rule away, and what it remembers.',
  access: CHANGE,
  params: one,
  answer: one,
  handle: async ({ mine, params: { id } }) => {
    await mine.change({ action: 'alert-rule.delete', subject: id }, async (tx, tenant) => {
      if (!(await dropAlertRule(tx, tenant, id))) throw none(id);
    });
    return { id };
  },
});

/** What is told. */
export const alertRuleRoutes: readonly Route[] = [list, add, change, drop];

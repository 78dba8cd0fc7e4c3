import { z } from '@hono/zod-openapi';
import type { Kysely } from 'kysely';
import {
  exclusionsShape,
  QUOTA_NAMES,
  quotasShape,
  retentionShape,
} from '../../contract/service/settings.ts';
import { usageOf } from '../../store/queries/quotas.ts';
import {
  exclusionsOf,
  policyOf,
  quotasOf,
  retentionOf,
  setExclusions,
  setInstallationExclusions,
  setPolicy,
  setQuotas,
  setRetention,
} from '../../store/queries/settings.ts';
import type { Tables } from '../../store/schema.ts';
import { readExclusionTexts } from '../exclusion-texts.ts';
import { checkPolicyText } from '../policy-check.ts';
import { type Route, route } from '../route.ts';
import { checkOrganization } from './organizations.ts';

const TAG = 'Settings';
/** A policy of 1,000 rules has 90,000 characters. */
const MAX_POLICY = 262_144;

const retention = z.strictObject(retentionShape.shape).openapi('Retention');
const quotas = z.strictObject(quotasShape.shape).openapi('Quotas');
const ofTenant = z.object({ tenant: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });
const read = { role: 'viewer', scope: 'read' } as const;
const administer = { role: 'admin', scope: 'settings' } as const;
const installation = { role: 'admin', scope: 'admin', installation: true } as const;

const settings = z.object({ retention, quotas }).openapi('Settings');

async function bothOf(db: Kysely<Tables>, tenant: string): Promise<z.input<typeof settings>> {
  return { retention: await retentionOf(db, tenant), quotas: await quotasOf(db, tenant) };
}

const settingsRoute = route({
  method: 'get',
  path: '/settings',
  tag: TAG,
  summary: 'How long things are kept, and how much there may be of them.',
  access: read,
  answer: settings,
  handle: ({ mine }) => mine.ask(bothOf),
});

const setSettingsRoute = route({
  method: 'put',
  path: '/settings',
  tag: TAG,
  summary: 'Sets how long things are kept. What is not named stays as it is.',
  access: administer,
  body: z.strictObject({ retention: retentionShape.partial() }),
  answer: settings,
  handle: async ({ mine, body }) => {
    const deed = { action: 'settings.set', subject: 'retention', detail: body.retention };
    await mine.change(deed, setRetention, body.retention);
    return mine.ask(bothOf);
  },
});

const counted = Object.keys(QUOTA_NAMES).filter((name) => name !== 'addressesPerScan');

const usageRoute = route({
  method: 'get',
  path: '/usage',
  tag: TAG,
  summary: 'How much there is of what has a quota.',
  access: read,
  answer: z
    .object({
      usage: z.object(Object.fromEntries(counted.map((name) => [name, z.int()]))),
      quotas,
    })
    .openapi('Usage'),
  handle: async ({ mine, now }) => ({
    usage: { ...(await mine.ask(usageOf, now)) },
    quotas: await mine.ask(quotasOf),
  }),
});

const quotasRoute = route({
  method: 'get',
  path: '/tenants/{tenant}/quotas',
  tag: TAG,
  summary: 'What a tenant may have.',
  access: installation,
  params: ofTenant,
  answer: quotas,
  handle: ({ mine, params: { tenant } }) =>
    mine.ask(async (db) => {
      await checkOrganization(db, tenant);
      return quotasOf(db, tenant);
    }),
});

const setQuotasRoute = route({
  method: 'put',
  path: '/tenants/{tenant}/quotas',
  tag: TAG,
  summary: 'Sets what a tenant may have. What is not named stays as it is.',
  access: installation,
  params: ofTenant,
  body: quotasShape.partial(),
  answer: quotas,
  handle: ({ mine, params: { tenant }, body }) =>
    mine.change({ action: 'quotas.set', subject: tenant, detail: body }, async (tx) => {
      await checkOrganization(tx, tenant);
      return setQuotas(tx, tenant, body);
    }),
});

const policy = z
  .object({
    text: z
      .string()
      .max(MAX_POLICY)
      .nullable()
      .describe('A policy file as docs/policy.md describes it; null: none.'),
  })
  .openapi('PolicyText');

const policyRoute = route({
  method: 'get',
  path: '/policy',
  tag: TAG,
  summary: 'The policy that scans are judged by.',
  access: read,
  answer: policy,
  handle: async ({ mine }) => ({ text: await mine.ask(policyOf) }),
});

const setPolicyRoute = route({
  method: 'put',
  path: '/policy',
  tag: TAG,
  summary: 'Sets the policy; one with faults is refused with all of them.',
  access: administer,
  body: policy,
  answer: policy,
  handle: async ({ mine, service, body: { text } }) => {
    if (text !== null) await checkPolicyText(text, await service.policyServices?.());
    await mine.change({ action: 'policy.set', subject: 'policy' }, setPolicy, text);
    return { text };
  },
});

const exclusions = z
  .object({
    tenant: z.array(z.string()).describe('Of this tenant.'),
    installation: z.array(z.string()).describe('Of the whole installation: no tenant lifts them.'),
  })
  .openapi('Exclusions');
const newExclusions = z.strictObject({
  exclude: exclusionsShape.describe(
    'Addresses, CIDR blocks, ranges and names; these and no others.',
  ),
});

const exclusionsRoute = route({
  method: 'get',
  path: '/exclusions',
  tag: TAG,
  summary: 'What is never scanned, whoever asks for it.',
  access: read,
  answer: exclusions,
  handle: async ({ mine }) => {
    const found = await mine.ask(exclusionsOf);
    return { tenant: [...found.tenant], installation: [...found.installation] };
  },
});

const setExclusionsRoute = route({
  method: 'put',
  path: '/exclusions',
  tag: TAG,
  summary: 'Sets what is never scanned for this tenant.',
  access: administer,
  body: newExclusions,
  answer: newExclusions,
  handle: async ({ mine, body }) => {
    const exclude = readExclusionTexts(body.exclude);
    const deed = { action: 'exclusions.set', subject: 'tenant', detail: { count: exclude.length } };
    await mine.change(deed, setExclusions, exclude);
    return { exclude };
  },
});

const setInstallationExclusionsRoute = route({
  method: 'put',
  path: '/exclusions/installation',
  tag: TAG,
  summary: 'Sets what is never scanned for any tenant.',
  access: installation,
  body: newExclusions,
  answer: newExclusions,
  handle: async ({ mine, body }) => {
    const exclude = readExclusionTexts(body.exclude);
    const count = { count: exclude.length };
    const deed = { action: 'exclusions.set', subject: 'installation', detail: count };
    await mine.change(deed, setInstallationExclusions, exclude);
    return { exclude };
  },
});

export const settingsRoutes: readonly Route[] = [
  settingsRoute,
  setSettingsRoute,
  usageRoute,
  quotasRoute,
  setQuotasRoute,
  policyRoute,
  setPolicyRoute,
  exclusionsRoute,
  setExclusionsRoute,
  setInstallationExclusionsRoute,
];

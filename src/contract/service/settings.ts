import { z } from 'zod';

/** How much of something a tenant may have; null: as much as it likes. */
const limit = z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable();

/** What is counted, and how it is called in a sentence. */
export const QUOTA_NAMES = {
  assets: 'assets',
  schedules: 'schedules',
  runningJobs: 'running jobs',
  queuedJobs: 'waiting jobs',
  scansPerDay: 'scans in 24 hours',
  addressesPerScan: 'addresses in one scan',
  channels: 'channels',
  alertRules: 'alert rules',
  apiKeys: 'API keys',
  agents: 'agents',
  members: 'members',
  grants: 'grants',
  reportBytes: 'bytes of stored reports',
} as const;
export type QuotaName = keyof typeof QUOTA_NAMES;

export const quotasShape = z.strictObject({
  assets: limit,
  schedules: limit,
  runningJobs: limit.describe('Jobs that run at once.'),
  queuedJobs: limit.describe('Jobs that wait for their turn.'),
  scansPerDay: limit.describe('Scans taken on within 24 hours, of people and schedules.'),
  addressesPerScan: limit,
  channels: limit,
  alertRules: limit,
  apiKeys: limit.describe('Keys that are not revoked.'),
  agents: limit.describe('Agents that are not revoked.'),
  members: limit.describe('Members, and those who are invited.'),
  grants: limit.describe('Grants of every state.'),
  reportBytes: limit.describe(
    'Gzipped reports. No scan is taken on beyond it, and compaction takes the oldest reports until it holds.',
  ),
});
export type Quotas = z.output<typeof quotasShape>;

/** Of the installation's own tenant: what no honest use reaches. */
const OWN_QUOTAS: Quotas = {
  assets: 1_000_000,
  schedules: 10_000,
  runningJobs: 16,
  queuedJobs: 10_000,
  scansPerDay: 100_000,
  addressesPerScan: null,
  // all of them are asked about, and told of, everything that happens
  channels: 100,
  alertRules: 100,
  apiKeys: 1000,
  agents: 100_000,
  members: 10_000,
  grants: 10_000,
  reportBytes: null,
};

/** Of every other tenant, until an administrator of the installation says otherwise. */
const TENANT_QUOTAS: Quotas = {
  assets: 10_000,
  schedules: 200,
  runningJobs: 2,
  queuedJobs: 200,
  scansPerDay: 200,
  addressesPerScan: 65_536,
  channels: 20,
  alertRules: 50,
  apiKeys: 50,
  agents: 500,
  members: 100,
  grants: 500,
  reportBytes: 1_073_741_824,
};

export function defaultQuotas(tenantOfInstallation: boolean): Quotas {
  return tenantOfInstallation ? OWN_QUOTAS : TENANT_QUOTAS;
}

/** A hundred years: what is longer is meant to be for ever, and is written as null. */
const MAX_DAYS = 36_500;
/** Who changed what must be told for at least a year. */
const AUDIT_LOG_DAYS = 365;
const keep = z.int().min(1).max(MAX_DAYS).nullable();

/** Days that something is kept; null: for ever. Intervals, findings and hosts always are. */
export const retentionShape = z.strictObject({
  reports: keep.describe('Raw reports of scans, from the end of the scan.'),
  jobs: keep.describe('Jobs that have ended.'),
  outbox: keep.describe('Messages that were sent or given up.'),
  events: keep.describe('Events that no alert has taken up.'),
  incidents: keep.describe('Incidents that are resolved.'),
  auditLog: z
    .int()
    .min(AUDIT_LOG_DAYS)
    .max(MAX_DAYS)
    .nullable()
    .describe('The audit log; a year at least.'),
  agentAudits: keep.describe("Audits of agents; each agent's newest always stays."),
  changes: keep.describe('What changed, as postern diff tells it for dates.'),
});
export type Retention = z.output<typeof retentionShape>;

export const DEFAULT_RETENTION: Retention = {
  reports: 90,
  jobs: 90,
  outbox: 30,
  events: 30,
  incidents: 365,
  auditLog: 730,
  agentAudits: 90,
  changes: null,
};

/** Bounds what one tenant can make every scan read. */
const MAX_EXCLUSIONS = 10_000;
const MAX_EXCLUSION_TEXT = 300;

/** Targets that are never scanned, in the notation of targets. */
export const exclusionsShape = z
  .array(z.string().min(1).max(MAX_EXCLUSION_TEXT))
  .max(MAX_EXCLUSIONS);

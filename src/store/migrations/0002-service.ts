import type { Migration, Types } from './migration.ts';

/** What the service needs beside history: assets, schedules, jobs, alerts, grants, keys, agents. */
export const service: Migration = {
  version: 2,
  name: 'service',
  statements: (types) => [
    ...lists,
    ...kept(types),
    ...work(types),
    ...alerts(types),
    ...access(types),
  ],
};

/** For lists that the first schema did not have: what stands open now, findings by what is asked of them. */
const lists: readonly string[] = [
  `create index hosts_named on hosts (tenant, names, address) where names <> '[]'`,
  `create index intervals_open on intervals (tenant, port, address, vantage)
    where ended_at is null and state = 'open' and phantom is null`,
  `create index intervals_open_by_severity on intervals (severity)
    where ended_at is null and state = 'open' and phantom is null`,
  'create index findings_by_rule on findings (tenant, rule, status, severity desc, opened_at desc, id)',
  `create index findings_by_assignee on findings
    (tenant, assignee, status, severity desc, opened_at desc, id) where assignee is not null`,
  `create index findings_open_inside on findings (tenant, address, severity)
    where status = 'open' and view <> 'outside'`,
];

/** What is known of looks whose report is gone, and which looks asked the same. */
function kept({ text, integer }: Types): readonly string[] {
  return [
    `alter table scans add column asked ${text}`,
    `alter table scans add column report_taken_at ${integer}`,
    'create index scans_by_asked on scans (tenant, vantage, source, asked, ended_at)',
  ];
}

/** What is to be looked at, and when. */
function work({ text, integer }: Types): readonly string[] {
  return [
    `create table assets (
      tenant ${text} not null, id ${text} not null, target ${text} not null, kind ${text} not null,
      labels ${text} not null, note ${text} not null, created_at ${integer} not null,
      primary key (tenant, id))`,
    'create unique index assets_by_target on assets (tenant, target)',
    `create index assets_of_networks on assets (tenant, target) where kind = 'network'`,
    `create table asset_addresses (
      tenant ${text} not null, name ${text} not null, address ${text} not null,
      first_seen ${integer} not null, last_seen ${integer} not null, left_at ${integer},
      misses ${integer} not null, primary key (tenant, name, address, first_seen))`,
    'create index asset_addresses_by_address on asset_addresses (tenant, address)',
    `create table asset_groups (
      tenant ${text} not null, id ${text} not null, name ${text} not null,
      selector ${text} not null, created_at ${integer} not null, primary key (tenant, id))`,
    'create unique index asset_groups_by_name on asset_groups (tenant, name)',
    `create table target_looks (
      tenant ${text} not null, target ${text} not null, looked_at ${integer} not null,
      primary key (tenant, target))`,
    `create table schedules (
      tenant ${text} not null, id ${text} not null, name ${text} not null, spec ${text} not null,
      enabled ${integer} not null, next_at ${integer}, last_at ${integer},
      created_at ${integer} not null, created_by ${text} not null, primary key (tenant, id))`,
    'create index schedules_due on schedules (next_at) where enabled = 1',
    `create table jobs (
      tenant ${text} not null, id ${text} not null, kind ${text} not null, spec ${text} not null,
      schedule ${text}, status ${text} not null, priority ${integer} not null,
      created_at ${integer} not null, created_by ${text} not null, due_at ${integer} not null,
      started_at ${integer}, ended_at ${integer}, worker ${text}, lease_until ${integer},
      attempts ${integer} not null, progress ${text}, problem ${text}, cancel ${integer} not null,
      primary key (tenant, id))`,
    `create index jobs_waiting on jobs (priority desc, due_at) where status = 'queued'`,
    `create index jobs_running on jobs (lease_until) where status = 'running'`,
    'create index jobs_by_time on jobs (tenant, created_at desc, id)',
  ];
}

/** What is told, to whom, and whether it arrived. */
function alerts({ text, integer }: Types): readonly string[] {
  return [
    `create table events (
      tenant ${text} not null, id ${text} not null, at ${integer} not null, kind ${text} not null,
      subject ${text} not null, batch ${text} not null, detail ${text} not null,
      primary key (tenant, id))`,
    'create index events_by_batch on events (tenant, batch, at, id)',
    'create index events_by_time on events (tenant, at, batch)',
    `create table alert_rules (
      tenant ${text} not null, id ${text} not null, name ${text} not null, spec ${text} not null,
      enabled ${integer} not null, position ${integer} not null, digest_at ${integer},
      digest_from ${integer} not null, created_at ${integer} not null, primary key (tenant, id))`,
    'create index alert_rules_due on alert_rules (digest_at) where digest_at is not null',
    `create table channels (
      tenant ${text} not null, id ${text} not null, name ${text} not null, type ${text} not null,
      settings ${text} not null, created_at ${integer} not null, primary key (tenant, id))`,
    'create unique index channels_by_name on channels (tenant, name)',
    `create table incidents (
      tenant ${text} not null, id ${text} not null, rule ${text} not null, subject ${text} not null,
      status ${text} not null, severity ${integer} not null, opened_at ${integer} not null,
      changed_at ${integer} not null, told_at ${integer}, told ${text}, remind_at ${integer},
      flaps ${integer} not null, bundle ${text}, detail ${text} not null,
      primary key (tenant, id))`,
    'create unique index incidents_by_subject on incidents (tenant, rule, subject)',
    'create index incidents_by_rule on incidents (tenant, rule, changed_at)',
    'create index incidents_by_time on incidents (tenant, changed_at desc, id)',
    'create index incidents_to_remind on incidents (remind_at) where remind_at is not null',
    `create table outbox (
      tenant ${text} not null, id ${text} not null, channel ${text} not null, rule ${text},
      incident ${text}, seq ${integer} not null, alert ${text} not null, status ${text} not null,
      attempts ${integer} not null, created_at ${integer} not null, next_at ${integer} not null,
      ended_at ${integer}, problem ${text}, primary key (tenant, id))`,
    `create index outbox_due on outbox (next_at) where status = 'waiting'`,
    `create index outbox_order on outbox (tenant, channel, incident, seq) where status = 'waiting'`,
    'create index outbox_by_time on outbox (tenant, created_at desc, id)',
  ];
}

/** Who may do what, and the agents. */
function access({ text, integer, bytes }: Types): readonly string[] {
  return [
    `create table grants (
      tenant ${text} not null, id ${text} not null, target ${text} not null, kind ${text} not null,
      method ${text} not null, token ${text}, status ${text} not null,
      created_at ${integer} not null, created_by ${text} not null, proved_at ${integer},
      checked_at ${integer}, misses ${integer} not null, primary key (tenant, id))`,
    `create index grants_to_check on grants (checked_at) where method = 'dns'`,
    'create unique index grants_by_target on grants (tenant, target, method)',
    `create table api_keys (
      tenant ${text} not null, id ${text} not null, name ${text} not null, hash ${text} not null,
      role ${text} not null, scopes ${text} not null, created_at ${integer} not null,
      created_by ${text} not null, expires_at ${integer}, used_at ${integer},
      revoked_at ${integer}, primary key (tenant, id))`,
    'create unique index api_keys_by_hash on api_keys (hash)',
    `create table audit_log (
      tenant ${text} not null, id ${text} not null, at ${integer} not null, actor ${text} not null,
      action ${text} not null, subject ${text} not null, detail ${text} not null,
      source ${text}, primary key (tenant, id))`,
    'create index audit_log_by_time on audit_log (tenant, at desc, id)',
    `create table agents (
      tenant ${text} not null, id ${text} not null, name ${text} not null, hash ${text},
      enrolment ${text}, enrolment_until ${integer}, created_at ${integer} not null,
      created_by ${text} not null, enrolled_at ${integer}, seen_at ${integer},
      silent_at ${integer}, revoked_at ${integer}, hello_ms ${integer} not null,
      audit_ms ${integer} not null, address ${text}, facts ${text} not null,
      primary key (tenant, id))`,
    'create unique index agents_by_hash on agents (hash) where hash is not null',
    'create unique index agents_by_enrolment on agents (enrolment) where enrolment is not null',
    'create index agents_to_hear on agents (seen_at) where silent_at is null and revoked_at is null',
    `create table agent_addresses (
      tenant ${text} not null, agent ${text} not null, address ${text} not null,
      said ${integer} not null, primary key (tenant, address, agent))`,
    'create index agent_addresses_by_agent on agent_addresses (tenant, agent)',
    `create table agent_audits (
      tenant ${text} not null, id ${text} not null, agent ${text} not null, at ${integer} not null,
      addresses ${text} not null, body ${bytes} not null, primary key (tenant, id))`,
    'create index agent_audits_by_agent on agent_audits (tenant, agent, at desc)',
  ];
}

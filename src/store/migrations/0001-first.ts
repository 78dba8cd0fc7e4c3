import type { Migration } from './migration.ts';

/** What schema 1 holds: looks, and what history made of them. */
export const first: Migration = {
  version: 1,
  name: 'first',
  statements: ({ text, integer, bytes }) => [
    `create table scans (
      tenant ${text} not null, id ${text} not null, source ${text} not null, tool ${text} not null,
      started_at ${integer} not null, ended_at ${integer} not null, complete ${integer} not null,
      vantage ${text} not null, scope ${text} not null, stats ${text} not null,
      problems ${text} not null, hosts ${integer} not null, open ${integer} not null,
      findings ${integer} not null, primary key (tenant, id))`,
    'create index scans_by_time on scans (tenant, ended_at)',
    `create table reports (
      tenant ${text} not null, scan ${text} not null, ended_at ${integer} not null,
      body ${bytes} not null, primary key (tenant, scan))`,
    'create index reports_by_time on reports (tenant, ended_at)',
    `create table hosts (
      tenant ${text} not null, address ${text} not null, vantage ${text} not null,
      position ${text} not null, names ${text} not null, first_seen ${integer} not null,
      last_seen ${integer} not null, open ${integer} not null, severity ${integer} not null,
      phantoms ${text} not null, edge ${text}, primary key (tenant, address, vantage))`,
    'create index hosts_by_severity on hosts (tenant, severity desc, open desc, position, vantage)',
    'create index hosts_by_position on hosts (tenant, position, vantage)',
    `create table intervals (
      tenant ${text} not null, address ${text} not null, vantage ${text} not null,
      transport ${text} not null, port ${integer} not null, first_seen ${integer} not null,
      last_seen ${integer} not null, last_covered ${integer} not null, ended_at ${integer},
      state ${text} not null, silences ${integer} not null, standing ${text}, phantom ${text},
      level ${text}, severity ${integer}, identity ${text} not null, service ${text},
      verdict ${text}, primary key (tenant, address, vantage, transport, port, first_seen))`,
    'create index intervals_now on intervals (tenant, address, vantage) where ended_at is null',
    `create table changes (
      tenant ${text} not null, at ${integer} not null, address ${text} not null,
      vantage ${text} not null, transport ${text} not null, port ${integer} not null,
      kind ${text} not null, scan ${text} not null, names ${text} not null, before ${text},
      after ${text}, primary key (tenant, at, address, vantage, transport, port, kind))`,
    'create index changes_by_address on changes (tenant, address, at)',
    `create table findings (
      tenant ${text} not null, id ${text} not null, address ${text} not null,
      vantage ${text} not null, transport ${text} not null, port ${integer} not null,
      rule ${text} not null, view ${text} not null, names ${text} not null,
      severity ${integer} not null, why ${text} not null, todo ${text} not null,
      evidence ${text} not null, status ${text} not null, opened_at ${integer} not null,
      last_seen ${integer} not null, resolved_at ${integer}, reopened ${integer} not null,
      accepted_reason ${text}, accepted_by ${text}, accepted_until ${integer}, assignee ${text},
      primary key (tenant, id))`,
    'create index findings_by_address on findings (tenant, address, vantage)',
    'create index findings_by_status on findings (tenant, status, severity desc, opened_at desc, id)',
    `create table finding_events (
      tenant ${text} not null, id ${text} not null, finding ${text} not null,
      at ${integer} not null, kind ${text} not null, actor ${text}, detail ${text} not null,
      primary key (tenant, id))`,
    'create index finding_events_by_finding on finding_events (tenant, finding, at)',
    `create table meta (
      tenant ${text} not null, name ${text} not null, value ${text} not null,
      primary key (tenant, name))`,
  ],
};

import type { Transport } from '../model/port.ts';
import type { AuthTables } from './auth-schema.ts';
import { AUTH_SHAPES } from './auth-shapes.ts';
import type { ServiceTables } from './service-schema.ts';
import { SERVICE_SHAPES } from './service-shapes.ts';
import type { TableShape } from './shape.ts';

/** Milliseconds since 1970; JSON as text; severities as their place in SEVERITIES. */
type Millis = number;
type Json = string;

export interface ScanRow {
  tenant: string;
  id: string;
  source: string;
  tool: string;
  started_at: Millis;
  ended_at: Millis;
  complete: number;
  vantage: string;
  scope: Json;
  stats: Json;
  problems: Json;
  hosts: number;
  open: number;
  findings: number;
  /** Hash of the targets; null: an older Postern stored it. */
  asked: string | null;
  /** When retention took its report; null: it is there, or was never. */
  report_taken_at: Millis | null;
}

/** The report itself, gzipped; goes when retention says so. */
export interface ReportRow {
  tenant: string;
  scan: string;
  ended_at: Millis;
  body: Uint8Array;
}

/** One address as seen from one vantage. */
export interface HostRow {
  tenant: string;
  address: string;
  vantage: string;
  /** Sorts addresses as numbers: `4` and 8, or `6` and 32 hexadecimal digits, and the zone. */
  position: string;
  names: Json;
  first_seen: Millis;
  last_seen: Millis;
  /** Open ports that are no phantoms. */
  open: number;
  /** Of the worst open finding; -1: none. */
  severity: number;
  phantoms: Json;
  edge: Json | null;
}

export interface IntervalRow {
  tenant: string;
  address: string;
  vantage: string;
  transport: Transport;
  port: number;
  first_seen: Millis;
  last_seen: Millis;
  last_covered: Millis;
  ended_at: Millis | null;
  state: string;
  silences: number;
  standing: string | null;
  phantom: string | null;
  level: string | null;
  severity: number | null;
  identity: Json;
  service: Json | null;
  verdict: Json | null;
}

export interface ChangeRow {
  tenant: string;
  at: Millis;
  address: string;
  vantage: string;
  transport: Transport;
  port: number;
  kind: string;
  scan: string;
  names: Json;
  before: Json | null;
  after: Json | null;
}

export interface FindingRow {
  tenant: string;
  id: string;
  address: string;
  vantage: string;
  transport: Transport;
  port: number;
  rule: string;
  view: string;
  names: Json;
  severity: number;
  why: string;
  todo: string;
  evidence: Json;
  status: string;
  opened_at: Millis;
  last_seen: Millis;
  resolved_at: Millis | null;
  reopened: number;
  accepted_reason: string | null;
  accepted_by: string | null;
  accepted_until: Millis | null;
  assignee: string | null;
}

export interface FindingEventRow {
  tenant: string;
  id: string;
  finding: string;
  at: Millis;
  kind: string;
  actor: string | null;
  detail: string;
}

export interface MetaRow {
  tenant: string;
  name: string;
  value: string;
}

export interface MigrationRow {
  version: number;
  name: string;
  applied_at: Millis;
}

export interface Tables extends ServiceTables, AuthTables {
  scans: ScanRow;
  reports: ReportRow;
  hosts: HostRow;
  intervals: IntervalRow;
  changes: ChangeRow;
  findings: FindingRow;
  finding_events: FindingEventRow;
  meta: MetaRow;
  migrations: MigrationRow;
}

const text = 'text';
const integer = 'integer';

/** Columns and keys of what a store holds, for writing many rows at once and for backups. */
export const SHAPES: {
  readonly [Name in keyof Omit<Tables, 'migrations'>]: TableShape<Tables[Name]>;
} = {
  scans: {
    columns: {
      tenant: text,
      id: text,
      source: text,
      tool: text,
      started_at: integer,
      ended_at: integer,
      complete: integer,
      vantage: text,
      scope: text,
      stats: text,
      problems: text,
      hosts: integer,
      open: integer,
      findings: integer,
      asked: text,
      report_taken_at: integer,
    },
    key: ['tenant', 'id'],
  },
  reports: {
    columns: { tenant: text, scan: text, ended_at: integer, body: 'bytes' },
    key: ['tenant', 'scan'],
  },
  hosts: {
    columns: {
      tenant: text,
      address: text,
      vantage: text,
      position: text,
      names: text,
      first_seen: integer,
      last_seen: integer,
      open: integer,
      severity: integer,
      phantoms: text,
      edge: text,
    },
    key: ['tenant', 'address', 'vantage'],
  },
  intervals: {
    columns: {
      tenant: text,
      address: text,
      vantage: text,
      transport: text,
      port: integer,
      first_seen: integer,
      last_seen: integer,
      last_covered: integer,
      ended_at: integer,
      state: text,
      silences: integer,
      standing: text,
      phantom: text,
      level: text,
      severity: integer,
      identity: text,
      service: text,
      verdict: text,
    },
    key: ['tenant', 'address', 'vantage', 'transport', 'port', 'first_seen'],
  },
  changes: {
    columns: {
      tenant: text,
      at: integer,
      address: text,
      vantage: text,
      transport: text,
      port: integer,
      kind: text,
      scan: text,
      names: text,
      before: text,
      after: text,
    },
    key: ['tenant', 'at', 'address', 'vantage', 'transport', 'port', 'kind'],
  },
  findings: {
    columns: {
      tenant: text,
      id: text,
      address: text,
      vantage: text,
      transport: text,
      port: integer,
      rule: text,
      view: text,
      names: text,
      severity: integer,
      why: text,
      todo: text,
      evidence: text,
      status: text,
      opened_at: integer,
      last_seen: integer,
      resolved_at: integer,
      reopened: integer,
      accepted_reason: text,
      accepted_by: text,
      accepted_until: integer,
      assignee: text,
    },
    key: ['tenant', 'id'],
  },
  finding_events: {
    columns: {
      tenant: text,
      id: text,
      finding: text,
      at: integer,
      kind: text,
      actor: text,
      detail: text,
    },
    key: ['tenant', 'id'],
  },
  meta: { columns: { tenant: text, name: text, value: text }, key: ['tenant', 'name'] },
  ...SERVICE_SHAPES,
  ...AUTH_SHAPES,
};

export type TableName = keyof typeof SHAPES;
export const TABLE_NAMES = Object.keys(SHAPES) as readonly TableName[];

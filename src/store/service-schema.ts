/** Rows of what the service keeps; `Millis` and `Json` as in schema.ts. */
type Millis = number;
type Json = string;

/** What a tenant wants looked at. */
export interface AssetRow {
  tenant: string;
  id: string;
  /** As written: address, CIDR block, range or host name, in lower case. */
  target: string;
  kind: 'address' | 'network' | 'name';
  labels: Json;
  note: string;
  created_at: Millis;
}

/** An address that a name had for a time; a new row when it comes back. */
export interface AssetAddressRow {
  tenant: string;
  name: string;
  address: string;
  first_seen: Millis;
  last_seen: Millis;
  left_at: Millis | null;
  /** Answers in a row that were without it. */
  misses: number;
}

/** When a target was looked at last by a scan that went to its end. */
export interface TargetLookRow {
  tenant: string;
  target: string;
  looked_at: Millis;
}

export interface AssetGroupRow {
  tenant: string;
  id: string;
  name: string;
  /** `{ labels?: string[], patterns?: string[] }`: an asset belongs that has one of either. */
  selector: Json;
  created_at: Millis;
}

export interface ScheduleRow {
  tenant: string;
  id: string;
  name: string;
  spec: Json;
  enabled: number;
  next_at: Millis | null;
  last_at: Millis | null;
  created_at: Millis;
  created_by: string;
}

export interface JobRow {
  tenant: string;
  /** Of a scan also the id of the look that it stores. */
  id: string;
  kind: 'scan' | 'dns' | 'compact';
  spec: Json;
  schedule: string | null;
  status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  /** Higher goes first. */
  priority: number;
  created_at: Millis;
  created_by: string;
  due_at: Millis;
  started_at: Millis | null;
  ended_at: Millis | null;
  /** Who runs it; it is free for others when the lease has ended. */
  worker: string | null;
  lease_until: Millis | null;
  attempts: number;
  progress: Json | null;
  /** `CODE: message` of what ended it. */
  problem: string | null;
  /** 1: somebody asked it to stop; 2: it is to stop, and to go on when it is due again. */
  cancel: number;
}

/** What alerts have not heard yet: written with what it tells of, taken away with what came of it. */
export interface EventRow {
  tenant: string;
  id: string;
  at: Millis;
  /** `finding.opened`, `finding.resolved`, `address.joined`, `job.failed`, `agent.silent` … */
  kind: string;
  /** Id of the finding, the name, the job. */
  subject: string;
  /** What it came with: the id of the look, the job. All of a batch is told together. */
  batch: string;
  detail: Json;
}

export interface AlertRuleRow {
  tenant: string;
  id: string;
  name: string;
  /** `contract/service/alert-rule.ts`. */
  spec: Json;
  enabled: number;
  /** Rules are asked in this order. */
  position: number;
  /** Of the next digest; null: the rule tells at once. */
  digest_at: Millis | null;
  /** What changed after this is in the next digest. */
  digest_from: Millis;
  created_at: Millis;
}

export interface ChannelRow {
  tenant: string;
  id: string;
  name: string;
  type: string;
  /** Sealed (`seal.ts`): settings hold secrets. */
  settings: string;
  created_at: Millis;
}

export interface IncidentRow {
  tenant: string;
  id: string;
  /** Id of the alert rule. */
  rule: string;
  /** What it is about: `finding:…`, `agent:…`; `bundle:…` tells of several at once. */
  subject: string;
  status: 'open' | 'resolved';
  severity: number;
  opened_at: Millis;
  changed_at: Millis;
  told_at: Millis | null;
  /** What was told last, to see whether there is something new. */
  told: string | null;
  /** When it is to be looked at again: a reminder, the end of a quiet time or of an acceptance. */
  remind_at: Millis | null;
  /** Changes that its damping remembers. */
  flaps: number;
  /** Id of the incident that tells of it together with others. */
  bundle: string | null;
  detail: Json;
}

export interface OutboxRow {
  tenant: string;
  /** Of the message: the same at every try. */
  id: string;
  channel: string;
  rule: string | null;
  incident: string | null;
  /** Of the messages of an incident: they are sent in this order. */
  seq: number;
  alert: Json;
  status: 'waiting' | 'sent' | 'failed';
  attempts: number;
  created_at: Millis;
  next_at: Millis;
  ended_at: Millis | null;
  problem: string | null;
}

/** What a tenant may have scanned. */
export interface GrantRow {
  tenant: string;
  id: string;
  /** Host name (and all below it), address or CIDR block. */
  target: string;
  kind: 'name' | 'network';
  method: 'dns' | 'operator';
  token: string | null;
  status: 'pending' | 'granted' | 'lapsed';
  created_at: Millis;
  created_by: string;
  /** When the proof was last seen. */
  proved_at: Millis | null;
  checked_at: Millis | null;
  /** Checks since then that found no proof. */
  misses: number;
}

export interface ApiKeyRow {
  tenant: string;
  id: string;
  name: string;
  /** SHA-256 of the key, hex. */
  hash: string;
  role: string;
  scopes: Json;
  created_at: Millis;
  created_by: string;
  expires_at: Millis | null;
  used_at: Millis | null;
  revoked_at: Millis | null;
}

export interface AuditLogRow {
  tenant: string;
  id: string;
  at: Millis;
  actor: string;
  /** `finding.accept`, `key.create` … */
  action: string;
  subject: string;
  detail: Json;
  /** Address that the request came from. */
  source: string | null;
}

export interface AgentRow {
  tenant: string;
  id: string;
  name: string;
  /** SHA-256 of its token; null: not enrolled yet. */
  hash: string | null;
  /** SHA-256 of the one-time enrolment token; null when used. */
  enrolment: string | null;
  enrolment_until: Millis | null;
  created_at: Millis;
  created_by: string;
  enrolled_at: Millis | null;
  seen_at: Millis | null;
  /** Since when nothing is heard of it, which was told; null: it is heard of. */
  silent_at: Millis | null;
  revoked_at: Millis | null;
  /** How often it is to say that it is there, and to audit without a change. */
  hello_ms: Millis;
  audit_ms: Millis;
  /** The one address that its findings are listed under; null before its first audit. */
  address: string | null;
  /** What it last told of itself: host, system, tool, and counts of its newest audit. */
  facts: Json;
}

/** An address by which an agent's host is known. */
export interface AgentAddressRow {
  tenant: string;
  agent: string;
  address: string;
  /** 1: a person said so (NAT, a cloud's public address); 0: the host has it. */
  said: number;
}

export interface AgentAuditRow {
  tenant: string;
  id: string;
  agent: string;
  at: Millis;
  /** Addresses of the host. */
  addresses: Json;
  /** The audit, gzipped. */
  body: Uint8Array;
}

export interface ServiceTables {
  assets: AssetRow;
  asset_addresses: AssetAddressRow;
  asset_groups: AssetGroupRow;
  target_looks: TargetLookRow;
  schedules: ScheduleRow;
  jobs: JobRow;
  events: EventRow;
  alert_rules: AlertRuleRow;
  channels: ChannelRow;
  incidents: IncidentRow;
  outbox: OutboxRow;
  grants: GrantRow;
  api_keys: ApiKeyRow;
  audit_log: AuditLogRow;
  agents: AgentRow;
  agent_addresses: AgentAddressRow;
  agent_audits: AgentAuditRow;
}

import { createHash, randomUUID } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { digestOf } from '../../src/server/audits/digest.ts';
import { ROLES } from '../../src/server/caller.ts';
import { upsert } from '../../src/store/bulk.ts';
import type { DialectFacts } from '../../src/store/dialects/facts.ts';
import type { Store } from '../../src/store/open.ts';
import {
  addInvitation,
  addMember,
  addOrganization,
  addUser,
} from '../../src/store/queries/people.ts';
import { keepReset } from '../../src/store/queries/resets.ts';
import { recordLook } from '../../src/store/record.ts';
import { SHAPES, TABLE_NAMES, type Tables } from '../../src/store/schema.ts';
import { auditOf } from './made-audits.ts';
import { jobRow } from './service-rows.ts';
import { lookOf } from './stored-looks.ts';
import { TEST_SEALER } from './test-api.ts';

/** What a tenant has, to be asked for by its ids. */
export interface TenantThings {
  readonly tenant: string;
  /** In every text of it that people wrote. */
  readonly mark: string;
  readonly address: string;
  readonly scan: string;
  readonly finding: string;
  /** Ids of one row of each of these tables. */
  readonly ids: Readonly<Record<(typeof MADE)[number], string>>;
  /** A person who is a viewer, and nothing else. */
  readonly member: string;
  readonly invitation: string;
  /** What an agent that is not enrolled yet brings. */
  readonly enrolment: string;
  /** Of an agent that is. */
  readonly agentToken: string;
}

const MADE = [
  ...(['assets', 'asset_groups', 'schedules', 'jobs', 'channels', 'alert_rules'] as const),
  ...(['outbox', 'agents', 'grants', 'api_keys'] as const),
] as const;

const hashed = (token: string) => createHash('sha256').update(token).digest('hex');

let made = 0;
const LATE = Date.UTC(2999, 0, 1);

/** A tenant with one of everything. */
export async function makeTenant(store: Store, name = randomUUID()): Promise<TenantThings> {
  made += 1;
  const mark = `mark-${made}-${randomUUID().slice(0, 8)}`;
  const address = `fd70::${made.toString(16)}:1`;
  const look = lookOf({
    at: Date.UTC(2026, 0, 1, 12),
    tcp: '22,80',
    hosts: { [address]: { 22: { severity: 'high' }, 80: 'open' } },
    names: { [address]: [`${mark}.example.org`] },
  });
  await recordLook(store, name, 'scan', look);
  const row = await store.read((db) =>
    db.selectFrom('findings').select('id').where('tenant', '=', name).executeTakeFirstOrThrow(),
  );
  const rest = await store.write((tx) => addRest(tx, store.facts, name, mark));
  return { tenant: name, mark, address, scan: look.scan.id, finding: row.id, ...rest };
}

type Rest = Pick<TenantThings, 'ids' | 'member' | 'invitation' | 'enrolment' | 'agentToken'>;

async function addRest(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  tenant: string,
  mark: string,
): Promise<Rest> {
  const ids = Object.fromEntries(MADE.map((table) => [table, randomUUID()])) as Rest['ids'];
  const enrolment = `pse_${randomUUID()}`;
  const agentToken = `psa_${randomUUID()}-123456`;
  const own = { tenant, name: mark, created_at: 1 };
  const begun = { ...own, created_by: 'user:viewer' };
  const add = <Name extends Parameters<typeof upsert>[2]>(table: Name, ...rows: Tables[Name][]) =>
    upsert(tx, facts, table, rows);
  const target = `${mark}.example.org`;
  await add('assets', {
    ...{ tenant, id: ids.assets, target, kind: 'name', labels: JSON.stringify([mark]) },
    ...{ note: mark, created_at: 1 },
  });
  const selector = JSON.stringify({ labels: [mark], patterns: [] });
  await add('asset_groups', { ...own, id: ids.asset_groups, selector });
  const spec = { every: '1h', targets: [target], scan: {} };
  await add('schedules', {
    ...{ ...begun, id: ids.schedules, spec: JSON.stringify({ ...spec, groups: [] }), enabled: 0 },
    ...{ next_at: null, last_at: null },
  });
  await add('jobs', jobRow({ tenant, id: ids.jobs, spec: JSON.stringify(spec) }));
  const settings = { url: `http://127.0.0.1:9/${mark}`, secret: 'x'.repeat(32) };
  await add('channels', {
    ...{ ...own, id: ids.channels, type: 'webhook' },
    settings: TEST_SEALER.seal(JSON.stringify(settings)),
  });
  await add('alert_rules', {
    ...{ ...own, id: ids.alert_rules, position: 0, enabled: 1 },
    spec: JSON.stringify({ channels: [ids.channels] }),
    ...{ digest_at: null, digest_from: 1 },
  });
  await add('outbox', {
    ...{ tenant, id: ids.outbox, channel: ids.channels, rule: null, incident: null, seq: 0 },
    ...{ alert: JSON.stringify({ title: mark }), status: 'failed', attempts: 1, created_at: 1 },
    ...{ next_at: 1, ended_at: 1, problem: mark },
  });
  await addAgents(tx, facts, { tenant, mark, ids, enrolment, agentToken });
  const grant = { tenant, created_at: 1, created_by: 'user:admin', proved_at: null, misses: 0 };
  await add('grants', {
    ...{ ...grant, id: ids.grants, target, kind: 'name', method: 'dns', token: mark },
    ...{ status: 'granted', checked_at: null },
  });
  await add('api_keys', {
    ...{ ...begun, id: ids.api_keys, hash: hashed(randomUUID()), role: 'viewer' },
    ...{ scopes: '["read"]', expires_at: null, used_at: null, revoked_at: null },
  });
  return { ids, enrolment, agentToken, ...(await addPeople(tx, tenant, mark)) };
}

async function addAgents(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  {
    tenant,
    mark,
    ids,
    enrolment,
    agentToken,
  }: Omit<Rest, 'member' | 'invitation'> & {
    readonly tenant: string;
    readonly mark: string;
  },
): Promise<void> {
  const agent = {
    ...{ tenant, id: ids.agents, name: mark, hash: hashed(agentToken), enrolment: null },
    ...{ enrolment_until: null, created_at: 1, created_by: 'user:admin', enrolled_at: 1 },
    ...{ seen_at: 1, silent_at: null, revoked_at: null, hello_ms: 60_000, audit_ms: 60_000 },
    ...{ address: null, facts: '{}' },
  };
  const waiting = {
    ...{ ...agent, id: randomUUID(), hash: null, enrolment: hashed(enrolment) },
    ...{ enrolment_until: LATE, enrolled_at: null, seen_at: null },
  };
  await upsert(tx, facts, 'agents', [agent, waiting]);
  const { id, body } = digestOf(auditOf({ listeners: { 22: mark }, host: mark }), []);
  const audit = { tenant, id, agent: ids.agents, at: 1, addresses: '["192.0.2.7"]', body };
  await tx.insertInto('agent_audits').values(audit).execute();
  const address = { tenant, agent: ids.agents, address: '192.0.2.7', said: 0 };
  await upsert(tx, facts, 'agent_addresses', [address]);
}

/** A person for each role, as `person` of test-api.ts has it, and one who only waits to be changed. */
async function addPeople(tx: Transaction<Tables>, tenant: string, mark: string) {
  await addOrganization(tx, { id: tenant, name: mark, created_at: 1 });
  for (const role of ROLES) await addMember(tx, tenant, `${tenant}-${role}`, { role, at: 1 });
  const email = `${mark}@example.org`;
  const member = await addUser(tx, { name: mark, email, password: '', at: 1 });
  await addMember(tx, tenant, member, { role: 'viewer', at: 1 });
  const invitation = randomUUID();
  await addInvitation(tx, tenant, {
    ...{ id: invitation, email: `new-${email}`, role: 'viewer', hash: hashed(invitation) },
    ...{ created_at: 1, created_by: 'user:admin', expires_at: LATE },
  });
  await keepReset(tx, {
    ...{ user_id: member, hash: hashed(randomUUID()), organization: tenant, second_factor: 1 },
    ...{ created_at: 1, created_by: 'user:admin', expires_at: LATE },
  });
  return { member, invitation };
}

/** Every row of a tenant as text, to see whether somebody changed one. */
export async function rowsOf(store: Store, tenant: string): Promise<string> {
  const lines: string[] = [];
  for (const table of TABLE_NAMES) {
    const { columns } = SHAPES[table];
    const owner = ['tenant', 'organization'].find((name) => name in columns);
    const column = table === 'auth_organizations' ? 'id' : owner;
    if (column === undefined) continue;
    const key = sql.raw(SHAPES[table].key.map((name) => `"${name}"`).join(', '));
    const { rows } = await store.read((db) =>
      sql`select * from ${sql.table(table)} where ${sql.ref(column)} = ${tenant} order by ${key}`.execute(
        db,
      ),
    );
    for (const row of rows) lines.push(`${table} ${JSON.stringify(row)}`);
  }
  return lines.join('\n');
}

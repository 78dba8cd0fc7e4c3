import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../schema.ts';
import type { AgentAddressRow, AgentAuditRow, AgentRow } from '../service-schema.ts';
import { hearsEvents } from './events.ts';
import { withinQuota } from './quotas.ts';

/** What a new agent is made of; `hash`es are SHA-256 of tokens, hex. */
export interface NewAgent {
  readonly id: string;
  readonly name: string;
  readonly enrolment: string;
  readonly enrolmentUntil: number;
  readonly helloMs: number;
  readonly auditMs: number;
  readonly by: string;
  readonly now: number;
}

/** Throws QUOTA. */
export async function addAgent(
  tx: Transaction<Tables>,
  tenant: string,
  agent: NewAgent,
): Promise<AgentRow> {
  await withinQuota(tx, tenant, 'agents', 1, agent.now);
  const row: AgentRow = {
    ...{ tenant, id: agent.id, name: agent.name, hash: null },
    ...{ enrolment: agent.enrolment, enrolment_until: agent.enrolmentUntil },
    ...{ created_at: agent.now, created_by: agent.by, enrolled_at: null, seen_at: null },
    ...{ silent_at: null, revoked_at: null, hello_ms: agent.helloMs, audit_ms: agent.auditMs },
    ...{ address: null, facts: '{}' },
  };
  await tx.insertInto('agents').values(row).execute();
  return row;
}

/** Agents by id. */
export async function agentPage(
  db: Kysely<Tables>,
  tenant: string,
  { limit, after = '' }: { readonly limit: number; readonly after?: string | undefined },
): Promise<readonly AgentRow[]> {
  return db
    .selectFrom('agents')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}

export function agentById(
  db: Kysely<Tables>,
  tenant: string,
  id: string,
): Promise<AgentRow | undefined> {
  return db
    .selectFrom('agents')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The agent of a token, whosever it is: the tenant is what this finds out. */
export function agentByHash(db: Kysely<Tables>, hash: string): Promise<AgentRow | undefined> {
  return db.selectFrom('agents').selectAll().where('hash', '=', hash).executeTakeFirst();
}

type Changes = Partial<
  Pick<AgentRow, 'name' | 'hello_ms' | 'audit_ms' | 'enrolment' | 'enrolment_until'>
>;

/** Changes an agent that is not revoked. Resolves to what it is then; undefined: there is none. */
export function changeAgent(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
  changes: Changes,
): Promise<AgentRow | undefined> {
  return tx
    .updateTable('agents')
    .set({ id, ...changes })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

/**
 * Its token opens nothing from now on, nor does one that was not used yet. One that is silent need not
 * be waited for any longer.
 */
export async function revokeAgent(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
  now: number,
): Promise<AgentRow | undefined> {
  const row = await tx
    .updateTable('agents')
    .set({ revoked_at: now, enrolment: null, enrolment_until: null })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined && row.silent_at !== null) {
    await tell(tx, row, 'agent.returned', now, 'It was revoked.');
  }
  return row;
}

/** Changes an enrolment token for an agent's own, once. Undefined: it is unknown, used or too old. */
export function enrolAgent(
  tx: Transaction<Tables>,
  enrolment: string,
  {
    now,
    ...told
  }: {
    readonly hash: string;
    readonly facts: string;
    /** Absent: it keeps the one it was given. */
    readonly name?: string;
    readonly now: number;
  },
): Promise<AgentRow | undefined> {
  return tx
    .updateTable('agents')
    .set({
      ...told,
      ...{
        enrolment: null,
        enrolment_until: null,
        enrolled_at: now,
        seen_at: now,
        silent_at: null,
      },
    })
    .where('enrolment', '=', enrolment)
    .where('enrolment_until', '>', now)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

/** Notes that an agent is there. Resolves to it as it was before; undefined: it was revoked meanwhile. */
export async function seeAgent(
  tx: Transaction<Tables>,
  tenant: string,
  id: string,
  { facts, now }: { readonly facts?: string; readonly now: number },
): Promise<AgentRow | undefined> {
  const returned = await tx
    .updateTable('agents')
    .set({ silent_at: null })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('silent_at', 'is not', null)
    .where('revoked_at', 'is', null)
    .returning(['name', 'address'])
    .executeTakeFirst();
  if (returned !== undefined) await tell(tx, { ...returned, tenant, id }, 'agent.returned', now);
  return tx
    .updateTable('agents')
    .set({ seen_at: now, ...(facts === undefined ? {} : { facts }) })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

/** Heartbeats that fail to come before an agent counts as silent. */
const MISSED = 3;

/**
 * Notes, of all tenants, which agents have become silent, each once however many servers ask at once,
 * and writes the event `agent.silent` of each where an alert rule hears it. Resolves to how many.
 */
export async function silenceAgents(tx: Transaction<Tables>, now: number): Promise<number> {
  const rows = await tx
    .updateTable('agents')
    .set({ silent_at: now })
    .where('silent_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where((eb) => eb('seen_at', '<', eb(eb.val(now), '-', eb('hello_ms', '*', MISSED)) as never))
    .returning(['tenant', 'id', 'name', 'address'])
    .execute();
  for (const row of rows) await tell(tx, row, 'agent.silent', now);
  return rows.length;
}

async function tell(
  tx: Transaction<Tables>,
  { tenant, id, name, address }: Pick<AgentRow, 'tenant' | 'id' | 'name' | 'address'>,
  kind: 'agent.silent' | 'agent.returned',
  at: number,
  problem?: string,
): Promise<void> {
  if (!(await hearsEvents(tx, tenant))) return;
  const detail = JSON.stringify({ name, address, problem });
  // those that fall silent together are told together; what follows of one is told by itself
  const batch = `${kind}:${at}`;
  await tx
    .insertInto('events')
    .values({ tenant, id: `${kind}:${id}:${at}`, at, kind, subject: id, batch, detail })
    .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
    .execute();
}

/** The addresses of an agent's host: those that people named, and those it has itself. */
export async function addressesOf(
  db: Kysely<Tables>,
  tenant: string,
  agent: string,
): Promise<readonly AgentAddressRow[]> {
  return db
    .selectFrom('agent_addresses')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('agent', '=', agent)
    .orderBy('said', 'desc')
    .orderBy('address')
    .execute();
}

/** Puts the addresses that people named (`said` 1), or that the host has (0), in place of those before. */
export async function setAddresses(
  tx: Transaction<Tables>,
  tenant: string,
  agent: string,
  { addresses, said }: { readonly addresses: readonly string[]; readonly said: 0 | 1 },
): Promise<void> {
  await tx
    .deleteFrom('agent_addresses')
    .where('tenant', '=', tenant)
    .where('agent', '=', agent)
    .where('said', '=', said)
    .execute();
  const rows = [...new Set(addresses)].map((address) => ({ tenant, agent, address, said }));
  if (rows.length === 0) return;
  // what people said of an address stays when the host turns out to have it
  await tx
    .insertInto('agent_addresses')
    .values(rows)
    .onConflict((conflict) =>
      said === 1
        ? conflict.columns(['tenant', 'address', 'agent']).doUpdateSet({ said })
        : conflict.columns(['tenant', 'address', 'agent']).doNothing(),
    )
    .execute();
}

/** The agents whose hosts are known by an address; those that people named it for first, then the newest heard of. */
export async function agentsAt(
  db: Kysely<Tables>,
  tenant: string,
  address: string,
): Promise<readonly (AgentRow & { readonly said: number })[]> {
  return db
    .selectFrom('agent_addresses as a')
    .innerJoin('agents as g', (join) =>
      join.onRef('g.tenant', '=', 'a.tenant').onRef('g.id', '=', 'a.agent'),
    )
    .selectAll('g')
    .select('a.said')
    .where('a.tenant', '=', tenant)
    .where('a.address', '=', address)
    .where('g.revoked_at', 'is', null)
    .orderBy('a.said', 'desc')
    .orderBy('g.seen_at', 'desc')
    .orderBy('g.id')
    .execute();
}

/** Addresses that every host may have for itself, such as those of Docker's and libvirt's bridges: they name none. */
const NAMELESS = /^(?:fe80:|169\.254\.|127\.|::1$|172\.17\.0\.1$|192\.168\.122\.1$)/i;

/**
 * Of the addresses that a host has, and those that people named for it, the ones that are no other
 * agent's: what is seen at an address that two have is nobody's in particular.
 */
export async function unsharedAddresses(
  db: Kysely<Tables>,
  tenant: string,
  agent: string,
  own: readonly string[],
): Promise<readonly string[]> {
  const said = (await addressesOf(db, tenant, agent)).filter((row) => row.said === 1);
  const named = said.map(({ address }) => address);
  const others = await Promise.all(
    own.map(async (address) => ({ address, agents: await agentsAt(db, tenant, address) })),
  );
  const alone = others
    .filter(
      ({ address, agents }) => !NAMELESS.test(address) && agents.every(({ id }) => id === agent),
    )
    .map(({ address }) => address);
  return [...new Set([...named, ...alone])];
}

/** The newest audit of an agent, gzipped. */
export function newestAudit(
  db: Kysely<Tables>,
  tenant: string,
  agent: string,
): Promise<Pick<AgentAuditRow, 'id' | 'at' | 'addresses' | 'body'> | undefined> {
  return db
    .selectFrom('agent_audits')
    .select(['id', 'at', 'addresses', 'body'])
    .where('tenant', '=', tenant)
    .where('agent', '=', agent)
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

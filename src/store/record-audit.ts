import { randomUUID } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { type AuditDigest, type AuditSight, doorKey } from '../model/audit-digest.ts';
import { problem } from '../model/errors.ts';
import { isPrivateAddress } from '../model/network.ts';
import { upsert } from './bulk.ts';
import type { DialectFacts } from './dialects/facts.ts';
import { advanceFindings, type IsOver } from './finding-life.ts';
import { REOPEN_WITHIN_MS } from './history.ts';
import { addressesOf, seeAgent, setAddresses } from './queries/agents.ts';
import { findingEvent, hearsEvents } from './queries/events.ts';
import { refreshSeverity } from './queries/host-severity.ts';
import type { FindingRow, Tables } from './schema.ts';
import type { AgentRow } from './service-schema.ts';

/** Audits kept of one agent, whatever retention says: a stolen token fills no disk. */
const MAX_AUDITS = 200;

export interface AuditCame {
  readonly agent: string;
  readonly digest: AuditDigest;
  /** When it was made, ms, by the server's clock. */
  readonly at: number;
  /** ms. */
  readonly now: number;
}

export interface AuditRecorded {
  /** False: it was stored before, and nothing was changed. */
  readonly stored: boolean;
  /** False: a newer one of this agent is known, so that it changed no finding. */
  readonly newest: boolean;
}

/**
 * Stores an agent's audit, and what it makes of the findings that rest on it. Storing the same again
 * changes nothing; an older one than what is known is kept and changes no finding. The findings of one
 * agent are told apart by port and rule: `address`, the same for all, only says where to list them.
 * Throws AGENT_REVOKED, API_CONFLICT.
 */
export async function recordAudit(
  tx: Transaction<Tables>,
  tenant: string,
  facts: DialectFacts,
  { agent: id, digest, at, now }: AuditCame,
): Promise<AuditRecorded> {
  await facts.lockForRecording(tx, tenant);
  const agent = await seeAgent(tx, tenant, id, { now });
  if (agent === undefined) throw problem('AGENT_REVOKED', { value: id });
  const before = await auditsOf(tx, tenant, id, digest.id);
  if (before.owner !== null) {
    if (before.owner !== id) throw problem('API_CONFLICT', { what: 'audit', value: digest.id });
    return { stored: false, newest: before.last === at };
  }
  const { addresses, body } = digest;
  await tx
    .insertInto('agent_audits')
    .values({ tenant, id: digest.id, agent: id, at, addresses: JSON.stringify(addresses), body })
    .execute();
  await dropSurplus(tx, tenant, id);
  if (before.last !== null && at <= before.last) return { stored: true, newest: false };
  await setAddresses(tx, tenant, id, { addresses, said: 0 });
  const address = await listedAddress(tx, agent, digest);
  await noteAudit(tx, agent, digest, address, at);
  await advance(tx, facts, { tenant, agent: id, digest, at, address });
  return { stored: true, newest: true };
}

async function auditsOf(tx: Transaction<Tables>, tenant: string, agent: string, audit: string) {
  const same = await tx
    .selectFrom('agent_audits')
    .select('agent')
    .where('tenant', '=', tenant)
    .where('id', '=', audit)
    .executeTakeFirst();
  const newest = await tx
    .selectFrom('agent_audits')
    .select('at')
    .where('tenant', '=', tenant)
    .where('agent', '=', agent)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { owner: same?.agent ?? null, last: newest?.at ?? null };
}

async function dropSurplus(tx: Transaction<Tables>, tenant: string, agent: string) {
  const kept = await tx
    .selectFrom('agent_audits')
    .select('at')
    .where('tenant', '=', tenant)
    .where('agent', '=', agent)
    .orderBy('at', 'desc')
    .offset(MAX_AUDITS)
    .limit(1)
    .executeTakeFirst();
  if (kept === undefined) return;
  await tx
    .deleteFrom('agent_audits')
    .where('tenant', '=', tenant)
    .where('agent', '=', agent)
    .where('at', '<=', kept.at)
    .execute();
}

/**
 * Under which of its addresses a host is listed: one that people named for it, else the one as before
 * while it has it, else a public one, else any, else its name.
 */
async function listedAddress(
  tx: Transaction<Tables>,
  { tenant, id, address: before }: AgentRow,
  { addresses, host }: AuditDigest,
): Promise<string> {
  const said = (await addressesOf(tx, tenant, id)).filter((row) => row.said === 1);
  const among = said.length > 0 ? said.map(({ address }) => address) : addresses;
  if (before !== null && among.includes(before)) return before;
  return among.find((one) => !isPrivateAddress(one)) ?? among[0] ?? host;
}

async function noteAudit(
  tx: Transaction<Tables>,
  { tenant, id }: AgentRow,
  { host, system, tool, complete, counts }: AuditDigest,
  address: string,
  at: number,
): Promise<void> {
  await tx
    .updateTable('agents')
    .set({
      address,
      facts: JSON.stringify({ host, system, tool, audit: { at, complete, ...counts } }),
    })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
}

interface Place {
  readonly tenant: string;
  readonly agent: string;
  readonly digest: AuditDigest;
  readonly at: number;
  readonly address: string;
}

async function advance(tx: Transaction<Tables>, facts: DialectFacts, place: Place) {
  const { tenant, agent, digest, at, address } = place;
  const known = await tx
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('vantage', '=', agent)
    .where((eb) =>
      eb.or([eb('status', '!=', 'resolved'), eb('resolved_at', '>=', at - REOPEN_WITHIN_MS)]),
    )
    .orderBy('opened_at', 'desc')
    .execute();
  const findings = digest.findings.map((finding) => ({ ...finding, address }));
  const look = { tenant, vantage: agent, view: 'inside', at, newId: randomUUID } as const;
  const steps = advanceFindings(known, findings, isOverInside(digest.sight), look);
  const views = new Map(digest.findings.map((one) => [findingKey(one), one.view]));
  const rows = steps.rows.map((row) => ({
    ...row,
    view: views.get(findingKey(row)) ?? row.view,
    address,
  }));
  await breathe();
  await inParts(moved(known, rows, address), (some) => upsert(tx, facts, 'findings', some));
  await refreshSeverity(tx, tenant, [...new Set([address, ...known.map((row) => row.address)])]);
  await inParts(steps.events, (some) => upsert(tx, facts, 'finding_events', some));
  if (!(await hearsEvents(tx, tenant))) return;
  const byId = new Map(rows.map((row) => [row.id, row]));
  const told = steps.events.flatMap(
    (event) => findingEvent(event, byId.get(event.finding), digest.id) ?? [],
  );
  await inParts(told, (some) => upsert(tx, facts, 'events', some));
}

/** Rows written at once: SQLite does its work in this thread, where a server answers others too. */
const PART = 100;

async function inParts<Row>(
  rows: readonly Row[],
  write: (some: readonly Row[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += PART) {
    await write(rows.slice(from, from + PART));
    await breathe();
  }
}

/** With those that stay as they are, where the host is listed under another address now. */
function moved(known: readonly FindingRow[], rows: readonly FindingRow[], address: string) {
  const written = new Set(rows.map(({ id }) => id));
  const others = known.filter((row) => row.address !== address && !written.has(row.id));
  return [...rows, ...others.map((row) => ({ ...row, address }))];
}

function findingKey({ transport, port, rule }: Pick<FindingRow, 'transport' | 'port' | 'rule'>) {
  return `${doorKey(transport, port)}/${rule}`;
}

/** What could not be seen is no evidence that anything is over. */
function isOverInside({ whole, manyUnused, doors }: AuditSight): IsOver {
  return ({ transport, port, rule }) => {
    if (!whole) return null;
    const door = doors.get(doorKey(transport, port));
    if (door !== undefined) return door.settled ? `the rule no longer applies: ${door.why}` : null;
    if (rule === 'host.no-listener') return 'it is not known to be open from outside any more';
    if (rule !== 'host.allowed-unused') return 'nobody listens there any more';
    return manyUnused ? null : 'no firewall rule lets anybody in there any more';
  };
}

import { randomUUID } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { upsert } from '../bulk.ts';
import type { DialectFacts } from '../dialects/facts.ts';
import { ACCEPTANCE_ENDED } from '../finding-life.ts';
import type { FindingRow, Tables } from '../schema.ts';
import { findingEvent, hearsEvents } from './events.ts';
import { refreshSeverity } from './host-severity.ts';

/** An acceptance is looked at again at least so often. */
export const MOST_ACCEPTED_DAYS = 366;

/** Who did something to a finding, and when (ms). */
export interface Act {
  readonly facts: DialectFacts;
  readonly tenant: string;
  readonly finding: string;
  readonly actor: string;
  readonly at: number;
}

/** Takes a finding for right until a time (ms). Resolves to false when there is no such finding. */
export async function acceptFinding(
  tx: Transaction<Tables>,
  act: Act,
  { reason, until }: { readonly reason: string; readonly until: number },
): Promise<boolean> {
  const done = await update(tx, act, {
    status: sql<string>`case when status = 'open' then 'accepted' else status end`,
    accepted_reason: reason,
    accepted_by: act.actor,
    accepted_until: until,
  });
  if (!done) return false;
  await note(tx, act, 'accepted', reason);
  await refreshHost(tx, act);
  await tellAlerts(tx, act);
  return true;
}

/** Takes an acceptance back. Resolves to false when there is no such finding. */
export async function unacceptFinding(tx: Transaction<Tables>, act: Act): Promise<boolean> {
  const done = await update(tx, act, {
    status: sql<string>`case when status = 'accepted' then 'open' else status end`,
    accepted_reason: null,
    accepted_by: null,
    accepted_until: null,
  });
  if (!done) return false;
  await note(tx, act, 'unaccepted', '');
  await refreshHost(tx, act);
  await tellAlerts(tx, act);
  return true;
}

/** Findings opened again at once: bounds what others wait for. */
const AT_ONCE = 500;

export async function hasEndedAcceptance(
  db: Kysely<Tables>,
  tenant: string,
  now: number,
): Promise<boolean> {
  return (await endedAcceptances(db, tenant, now).limit(1).execute()).length > 0;
}

/** Opens up to 500 findings again whose acceptance has ended by `now` (ms). */
export async function endAcceptances(
  tx: Transaction<Tables>,
  facts: DialectFacts,
  tenant: string,
  now: number,
): Promise<void> {
  await facts.lockForRecording(tx, tenant);
  const rows = await endedAcceptances(tx, tenant, now).limit(AT_ONCE).execute();
  const opened = rows.map((finding) => ({
    row: { ...finding, status: 'open' },
    event: {
      ...{ tenant, id: randomUUID(), finding: finding.id, at: now },
      ...{ kind: 'changed', actor: null, detail: ACCEPTANCE_ENDED },
    },
  }));
  await upsert(
    tx,
    facts,
    'findings',
    opened.map(({ row }) => row),
  );
  await upsert(
    tx,
    facts,
    'finding_events',
    opened.map(({ event }) => event),
  );
  await refreshSeverity(tx, tenant, [...new Set(rows.map(({ address }) => address))]);
  if (rows.length === 0 || !(await hearsEvents(tx, tenant))) return;
  const batch = randomUUID();
  const told = opened.flatMap(({ row, event }) => findingEvent(event, row, batch) ?? []);
  await upsert(tx, facts, 'events', told);
}

function endedAcceptances(db: Kysely<Tables>, tenant: string, now: number) {
  return db
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('status', '=', 'accepted')
    .where('accepted_until', '<=', now);
}

/** Alerts are silent about what is accepted, and speak again when the acceptance has ended. */
async function tellAlerts(tx: Transaction<Tables>, { tenant, finding, at }: Act): Promise<void> {
  if (!(await hearsEvents(tx, tenant))) return;
  const row = await tx
    .selectFrom('findings')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', finding)
    .executeTakeFirst();
  const id = randomUUID();
  const event = findingEvent({ tenant, id, finding, at, kind: 'changed', detail: '' }, row, id);
  if (event !== null) await tx.insertInto('events').values(event).execute();
}

export async function assignFinding(
  tx: Transaction<Tables>,
  act: Act,
  assignee: string | null,
): Promise<boolean> {
  if (!(await update(tx, act, { assignee }))) return false;
  await note(tx, act, 'assigned', assignee ?? '');
  return true;
}

export async function commentFinding(
  tx: Transaction<Tables>,
  act: Act,
  text: string,
): Promise<boolean> {
  const row = await tx
    .selectFrom('findings')
    .select('id')
    .where('tenant', '=', act.tenant)
    .where('id', '=', act.finding)
    .executeTakeFirst();
  if (row === undefined) return false;
  await note(tx, act, 'commented', text);
  return true;
}

type Settings = {
  readonly [Name in keyof FindingRow]?: FindingRow[Name] | ReturnType<typeof sql<string>>;
};

async function update(tx: Transaction<Tables>, act: Act, settings: Settings): Promise<boolean> {
  // a look that is being recorded has read the row, and will write all of it
  await act.facts.lockForRecording(tx, act.tenant);
  const result = await tx
    .updateTable('findings')
    .set(settings as Partial<FindingRow>)
    .where('tenant', '=', act.tenant)
    .where('id', '=', act.finding)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

async function note(tx: Transaction<Tables>, act: Act, kind: string, detail: string) {
  const { tenant, finding, at, actor } = act;
  const id = randomUUID();
  await tx
    .insertInto('finding_events')
    .values({ tenant, id, finding, at, kind, actor, detail })
    .execute();
}

async function refreshHost(tx: Transaction<Tables>, { tenant, finding }: Act): Promise<void> {
  const row = await tx
    .selectFrom('findings')
    .select('address')
    .where('tenant', '=', tenant)
    .where('id', '=', finding)
    .executeTakeFirst();
  if (row !== undefined) await refreshSeverity(tx, tenant, [row.address]);
}

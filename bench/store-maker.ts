/** A store with a million intervals of 100,000 hosts, as the measured programs fill it. */
import { sql } from 'kysely';
import { upsert } from '../src/store/bulk.ts';
import { LOCAL, type Store } from '../src/store/open.ts';
import { positionOf } from '../src/store/position.ts';
import type { ChangeRow, FindingRow, HostRow, IntervalRow } from '../src/store/schema.ts';

/** Of the store. */
export const HOSTS = 100_000;
export const DAY = 24 * 60 * 60 * 1000;
/** When it was looked at last. */
export const NOW = Date.UTC(2026, 5, 1);
const INTERVALS_EACH = 10;
/** Of ten hosts, three have an open finding and one had a change in the last week. */
const FINDING_EVERY = 3;
const SERVICE = JSON.stringify({ protocol: 'ssh', product: 'OpenSSH', version: '9.2p1' });
const PORTS = [22, 80, 443, 3306, 5432];

export function address(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
}

function hostRow(index: number): HostRow {
  const severity = index % FINDING_EVERY === 0 ? index % 5 : -1;
  const at = address(index);
  return {
    ...{ tenant: LOCAL, address: at, vantage: 'here', position: positionOf(at), names: '[]' },
    ...{
      first_seen: NOW - 90 * DAY,
      last_seen: NOW,
      open: 5,
      severity,
      phantoms: '[]',
      edge: null,
    },
  };
}

/** Five ports, each with an interval that ended and one that has not. */
function intervalRows(index: number): IntervalRow[] {
  return Array.from({ length: INTERVALS_EACH }, (_, at) => {
    const ended = at % 2 === 0;
    const begin = NOW - (ended ? 90 : 30) * DAY;
    return {
      ...{ tenant: LOCAL, address: address(index), vantage: 'here', transport: 'tcp' as const },
      ...{ port: PORTS[at >> 1] ?? 0, first_seen: begin, last_seen: NOW, last_covered: NOW },
      ...{ ended_at: ended ? NOW - 30 * DAY : null, state: 'open', silences: 0 },
      ...{ standing: 'verified', phantom: null, level: 'restrict', severity: 2 },
      ...{ identity: SERVICE, service: SERVICE, verdict: '{"level":"restrict"}' },
    };
  });
}

function idOf(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

function findingRow(index: number): FindingRow {
  return {
    ...{ tenant: LOCAL, id: idOf(index), address: address(index), vantage: 'here', port: 22 },
    ...{ transport: 'tcp' as const, rule: 'bench.rule', view: 'outside', names: '[]' },
    ...{ severity: index % 5, why: 'The bench says so.', todo: 'Close it.', evidence: '[]' },
    ...{ status: 'open', opened_at: NOW - (index % 90) * DAY, last_seen: NOW, resolved_at: null },
    ...{
      reopened: 0,
      accepted_reason: null,
      accepted_by: null,
      accepted_until: null,
      assignee: null,
    },
  };
}

function changeRow(index: number): ChangeRow {
  return {
    ...{ tenant: LOCAL, at: NOW - (index % 90) * DAY, address: address(index), vantage: 'here' },
    ...{
      transport: 'tcp' as const,
      port: 22,
      kind: 'opened',
      scan: 's',
      names: '[]',
      before: null,
    },
    after: '{"state":"open","identity":{"protocol":"ssh"}}',
  };
}

export async function fill(store: Store): Promise<void> {
  const step = 5000;
  for (let from = 0; from < HOSTS; from += step) {
    const some = Array.from({ length: step }, (_, index) => from + index);
    await store.write(async (tx) => {
      await upsert(tx, store.facts, 'hosts', some.map(hostRow));
      await upsert(tx, store.facts, 'intervals', some.flatMap(intervalRows));
      const bad = some.filter((index) => index % FINDING_EVERY === 0);
      await upsert(tx, store.facts, 'findings', bad.map(findingRow));
      await upsert(tx, store.facts, 'changes', some.map(changeRow));
    });
  }
  // what both do by themselves after a while
  const tidy = store.facts.name === 'postgres' ? 'vacuum analyze' : 'analyze';
  await store.read((db) => sql.raw(tidy).execute(db));
}

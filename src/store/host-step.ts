import type { Transport } from '../model/port.ts';
import type { HostRecord } from '../model/scan.ts';
import type { Finding } from '../model/verdict.ts';
import type { HostEvidence } from './evidence.ts';
import { advanceFindings, type FindingLook, isOverOutside } from './finding-life.ts';
import { advance } from './history.ts';
import type { PortSet } from './port-set.ts';
import { positionOf } from './position.ts';
import type { ChangeRow, FindingEventRow, FindingRow, HostRow, IntervalRow } from './schema.ts';

/** What the store knows of a host, as seen from the vantage of the look. */
export interface HostKnown {
  readonly host: HostRow | undefined;
  /** Those that have not ended. */
  readonly intervals: readonly IntervalRow[];
  readonly findings: readonly FindingRow[];
  /** Severity of the worst open finding that agents have of the address; -1: there is none. */
  readonly inside: number;
}

interface HostLook {
  readonly evidence: HostEvidence;
  readonly host?: HostRecord | undefined;
  readonly findings: readonly Finding[];
  /** Whether a look of later time, stored first, may have covered the port. */
  readonly covered: (transport: Transport, port: number) => boolean;
}

export interface HostSteps {
  readonly host: HostRow | null;
  readonly intervals: readonly IntervalRow[];
  readonly changes: readonly ChangeRow[];
  readonly findings: readonly FindingRow[];
  readonly events: readonly FindingEventRow[];
}

/** The ports that a look of later time asked. */
export type LaterLook = Readonly<Record<Transport, PortSet>>;

/** What one look makes of one host: its intervals, changes and findings. Pure but for the ids it is given. */
export function advanceHost(
  known: HostKnown,
  seen: HostLook,
  look: FindingLook & { readonly scan: string },
): HostSteps {
  const { evidence, host } = seen;
  const { tenant, vantage, at, scan } = look;
  const now = new Map(known.intervals.map((row) => [keyOf(row), row]));
  const names = namesOf(known.host, evidence.names);
  const intervals: IntervalRow[] = [];
  const changes: ChangeRow[] = [];
  for (const { transport, port } of placesOf(known.intervals, evidence)) {
    if (seen.covered(transport, port)) continue;
    const of = evidence.of(transport, port);
    if (of === null) continue;
    const place = { tenant, address: evidence.address, vantage, transport, port };
    const step = advance(now.get(keyOf(place)), of, place, at);
    for (const row of step.rows) {
      intervals.push(row);
      if (row.ended_at === null) now.set(keyOf(row), row);
    }
    for (const { kind, before, after } of step.changes) {
      const sides = { before: jsonOf(before), after: jsonOf(after) };
      changes.push({ ...place, at, kind, scan, names: JSON.stringify(names), ...sides });
    }
  }
  const shut = (transport: Transport, port: number) =>
    now.get(keyOf({ transport, port }))?.state !== 'open';
  const isOurs = (one: Finding | FindingRow) => !seen.covered(one.transport, one.port);
  const found = advanceFindings(
    known.findings.filter(isOurs),
    seen.findings.filter(isOurs),
    isOverOutside(evidence, shut),
    look,
  );
  const counted = { open: openIn([...now.values()]), severity: worstOf(known, found.rows) };
  return {
    host:
      known.host !== undefined && known.host.last_seen > at
        ? { ...known.host, first_seen: Math.min(known.host.first_seen, at), ...counted }
        : hostRow(known, evidence, host, now.size, counted, names, look),
    intervals,
    changes,
    findings: found.rows,
    events: found.events,
  };
}

/** Whether to leave a port to a look of later time that is stored already. */
export function isCoveredLater(
  host: HostRow | undefined,
  at: number,
  later: readonly LaterLook[],
  transport: Transport,
  port: number,
): boolean {
  if (host === undefined || host.last_seen <= at) return false;
  return later.some((ports) => ports[transport].has(port));
}

/** Ports of which the look may have something to say: those with a history, and the open ones. */
function placesOf(intervals: readonly IntervalRow[], { open }: HostEvidence) {
  const places = new Map<string, { transport: Transport; port: number }>();
  for (const place of [...intervals, ...open]) places.set(keyOf(place), place);
  return places.values();
}

function keyOf({ transport, port }: { transport: Transport; port: number }): string {
  return `${transport}/${port}`;
}

function jsonOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A look that was given an address and no name does not take names away. */
function namesOf(known: HostRow | undefined, seen: readonly string[]): readonly string[] {
  if (known === undefined || seen.length > 0) return seen;
  return JSON.parse(known.names) as readonly string[];
}

function openIn(now: readonly IntervalRow[]): number {
  return now.filter(({ state, phantom }) => state === 'open' && phantom === null).length;
}

/** Severity of the worst open finding; -1: there is none. */
function worstOf(known: HostKnown, changed: readonly FindingRow[]): number {
  const current = new Map([...known.findings, ...changed].map((row) => [row.id, row]));
  const open = [...current.values()].filter(({ status }) => status === 'open');
  return open.reduce((worst, { severity }) => Math.max(worst, severity), known.inside);
}

/** Null for an address of which there is nothing to remember. */
function hostRow(
  known: HostKnown,
  { address }: HostEvidence,
  host: HostRecord | undefined,
  intervals: number,
  counted: Pick<HostRow, 'open' | 'severity'>,
  names: readonly string[],
  { tenant, vantage, at }: FindingLook,
): HostRow | null {
  if (known.host === undefined && intervals === 0 && (host?.counts.open ?? 0) === 0) return null;
  const { phantoms = [], edge } = host ?? {};
  return {
    ...{ tenant, address, vantage, position: known.host?.position ?? positionOf(address) },
    names: JSON.stringify(names),
    first_seen: known.host?.first_seen ?? at,
    last_seen: at,
    ...counted,
    phantoms: JSON.stringify(phantoms),
    edge: edge === undefined ? (known.host?.edge ?? null) : JSON.stringify(edge),
  };
}

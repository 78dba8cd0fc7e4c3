import { familyOf } from '../model/address.ts';
import type {
  AuditedListener,
  AuditReport,
  Door,
  JoinedDoor,
  JudgedOutside,
  SeenOutside,
} from '../model/audit.ts';
import { listenerKey } from '../model/listener.ts';
import { NO_POLICY } from '../model/policy.ts';
import { RULES } from '../model/rules.ts';
import type { Finding, Verdict } from '../model/verdict.ts';
import { type DoorFacts, judgeDoor } from './door.ts';

/** Verdicts that came of the policy of the host itself, which is not known here. */
const BY_ITS_POLICY: ReadonlySet<string> = new Set([
  'policy.expected',
  'host.wider-than-policy',
  'host.needed-but-blocked',
]);
/** Verdicts whose sentence tells of both views. */
const TELLS_BOTH: ReadonlySet<string> = new Set(['host.no-listener', 'host.reach-unknown']);

/** Joins an audit with what was seen from outside: a row for each port that either speaks of. */
export function joinDoors(report: AuditReport, seen: readonly SeenOutside[]): JoinedDoor[] {
  const looks = byDoor(seen);
  const listeners = new Map(report.listeners.map((one) => [listenerKey(one), one]));
  const doors = report.doors.map((door) => {
    const outside = looks.get(keyOf(door)) ?? [];
    looks.delete(keyOf(door));
    return joined(report, door, listeners, outside);
  });
  const others = [...looks.values()].filter((outside) => outside.some(isOpen));
  return [...doors, ...others.map((outside) => withoutDoor(report, outside))].sort(byPort);
}

/** The ports that scans saw open, where no audit of the host is known. */
export function doorsOutside(seen: readonly JudgedOutside[]): JoinedDoor[] {
  const verdicts = new Map(
    seen.flatMap(({ look, verdict }) =>
      verdict === null ? [] : [[keyOf(look), verdict] as const],
    ),
  );
  return [...byDoor(seen.map(({ look }) => look)).values()]
    .flatMap((outside) => {
      const [first] = outside;
      const verdict = first && verdicts.get(keyOf(first));
      if (first === undefined || verdict === undefined) return [];
      return [{ ...bare(first), outside, verdict, view: 'outside' as const }];
    })
    .sort(byPort);
}

function byDoor(seen: readonly SeenOutside[]): Map<string, SeenOutside[]> {
  const looks = new Map<string, SeenOutside[]>();
  for (const look of seen) {
    const key = keyOf(look);
    const at = looks.get(key);
    if (at === undefined) looks.set(key, [look]);
    else at.push(look);
  }
  return looks;
}

function joined(
  report: AuditReport,
  door: Door,
  known: ReadonlyMap<string, AuditedListener>,
  outside: readonly SeenOutside[],
): JoinedDoor {
  const listeners = door.listeners.flatMap((key) => known.get(key) ?? []);
  const { transport, port, publications, reachability, blockedBy } = door;
  const place = { transport, port, outside, listeners, publications, reachability, blockedBy };
  if (outside.length === 0) return { ...place, verdict: door.verdict, view: 'inside' };
  const contradiction = contradictionOf(place, report);
  const verdict = BY_ITS_POLICY.has(door.verdict.rule)
    ? door.verdict
    : judgeDoor(place, NO_POLICY, contextOf(report));
  return {
    ...place,
    verdict: contradiction === null ? verdict : withText(verdict, contradiction),
    view: 'both',
    ...(contradiction === null ? {} : { contradiction }),
  };
}

/** Open from outside, and the audit names no door: nobody listens, as far as it could see. */
function withoutDoor(report: AuditReport, outside: readonly SeenOutside[]): JoinedDoor {
  const [first] = outside as readonly [SeenOutside];
  const place = { ...bare(first), outside };
  const contradiction = `It is open from outside, and no listener was seen on this host${when(outside.filter(isOpen), report)}.`;
  if (report.audit.everyListener === true) {
    const verdict = judgeDoor(place, NO_POLICY, contextOf(report));
    return { ...place, verdict, view: 'both', contradiction };
  }
  const { severity, todo } = RULES['host.reach-unknown'];
  const why = `${contradiction} The audit could not see every listener.`;
  const verdict = { rule: 'host.reach-unknown', level: 'unknown', severity, why, todo } as const;
  return { ...place, verdict, view: 'both', contradiction };
}

function bare({ transport, port }: SeenOutside) {
  return {
    ...{ transport, port },
    ...{ listeners: [], publications: [], reachability: [], blockedBy: [] },
  };
}

function contextOf({ audit: { addresses, host, at } }: AuditReport) {
  return { addresses, names: [host], now: at };
}

/** Where the views disagree, in words; null where they can both be true. */
function contradictionOf(
  door: Omit<DoorFacts, 'outside'> & { readonly outside: readonly SeenOutside[] },
  report: AuditReport,
): string | null {
  const open = door.outside.filter(isOpen);
  const isHandedOn = door.publications.length > 0;
  if (open.length > 0) {
    const at = when(open, report);
    const { listeners, reachability } = door;
    if (!isHandedOn && listeners.length > 0 && listeners.every(({ scope }) => scope === 'loopback'))
      return `It is open from outside, and what listens here does so on the loopback only${at}.`;
    const isShut = reachability.length > 0 && reachability.every(({ reach }) => reach === 'nobody');
    return isShut
      ? `It is open from outside, and by the rules that were read nobody is let in${at}.`
      : null;
  }
  const shut = door.outside.filter((look) => isServed(door, look));
  const [first] = shut;
  if (first === undefined || shut.length < door.outside.length) return null;
  return `It is ${first.state} from outside, and this host lets anyone in to what listens there${when(shut, report)}.`;
}

/** Whether by the audit anybody could have come in where the look was turned away. */
function isServed({ listeners, reachability }: DoorFacts, { address }: SeenOutside): boolean {
  const family = familyOf(address);
  const listens = listeners.some(
    ({ scope, bind, families }) =>
      (scope === 'all' && families.includes(family)) || bind === address,
  );
  return listens && reachability.some((one) => one.family === family && one.reach === 'anyone');
}

/** The times of the two looks: what lies between them may be the reason. */
function when(looks: readonly SeenOutside[], { audit }: AuditReport): string {
  const newest =
    looks
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? '';
  return ` (from outside at ${newest}, here at ${audit.at})`;
}

function withText(verdict: Verdict, contradiction: string): Verdict {
  if (TELLS_BOTH.has(verdict.rule)) return verdict;
  return { ...verdict, why: `${verdict.why} ${contradiction}` };
}

function isOpen({ state, phantom }: SeenOutside): boolean {
  return state === 'open' && phantom === undefined;
}

function keyOf({ transport, port }: { transport: string; port: number }): string {
  return `${transport}/${port}`;
}

function byPort(a: JoinedDoor, b: JoinedDoor): number {
  if (a.transport !== b.transport) return a.transport < b.transport ? -1 : 1;
  return a.port - b.port;
}

/** Names of one kind of fact in evidence. */
const MAX_EVIDENCE = 8;

/**
 * The finding that a door deserves, under the one address its host is listed by; null: none. One for
 * each port, whatever the number of addresses it is reached at.
 */
export function findingOfDoor(
  { transport, port, verdict, listeners, publications, outside }: JoinedDoor,
  { address, names }: { readonly address: string; readonly names: readonly string[] },
): Finding | null {
  if (verdict.level === 'expected' && verdict.severity === 'info') return null;
  const { rule, severity, why, todo } = verdict;
  const evidence = [
    ...listeners.map(({ program = 'unknown program', bind }) => `listener: ${program} on ${bind}`),
    ...publications.map(({ container, bind }) => `published: ${container.name} at ${bind}`),
    ...outside.map((look) => `outside: ${look.address} ${look.state} from ${look.vantage}`),
  ];
  const told = [...new Set(evidence)].slice(0, MAX_EVIDENCE);
  return { address, names, transport, port, rule, severity, why, todo, evidence: told };
}

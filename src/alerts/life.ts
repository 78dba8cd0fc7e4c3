import type { AlertEvent, AlertRuleSpec } from '../contract/service/alert-rule.ts';
import { SEVERITIES } from '../model/verdict.ts';
import type { Facts, Happening } from './happening.ts';
import type { Rule } from './match.ts';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** What several incidents that are told together have in common. */
export interface Bundle {
  readonly count: number;
  /** Those that are still open. */
  readonly left: number;
  readonly worst: readonly Entry[];
}

export interface Entry {
  readonly severity: number;
  readonly what: string;
  readonly host: string;
  readonly port: number | null;
}

/** What one rule knows of one subject. Times in milliseconds, severity as a place in SEVERITIES. */
export interface Incident {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly status: 'open' | 'resolved';
  readonly severity: number;
  readonly openedAt: number;
  /** The last time that there was something to tell. */
  readonly changedAt: number;
  /** How it stood when it was told last; `held`: it is accepted, and nothing is to be told. */
  readonly told: string | null;
  readonly toldAt: number | null;
  /** When it is to be looked at again. */
  readonly wakeAt: number | null;
  /** Id of the incident that tells of it. */
  readonly bundle: string | null;
  /** Changes within the window of the rule, the last of them. */
  readonly flips: readonly number[];
  readonly flapping: boolean;
  /** Messages so far. */
  readonly seq: number;
  readonly facts: Facts;
  readonly members: Bundle | null;
}

/** What is to be told of an incident. */
export type Tell =
  | 'opened'
  | 'reopened'
  | 'changed'
  /** The acceptance has ended. */
  | 'unheld'
  | 'resolved'
  /** It is no longer severe enough for the rule. */
  | 'milder'
  | 'flapping'
  /** It has stopped flapping. */
  | 'settled'
  | 'once'
  | 'reminder';

export interface Step {
  readonly incident: Incident;
  readonly tell: Tell | null;
  /** The bundle that told of it and does so no longer. */
  readonly left: string | null;
}

/** What becomes of an incident by something that happened; null: it is none. Pure but for `newId`. */
export function advance(
  before: Incident | undefined,
  happening: Happening,
  rule: Rule,
  now: number,
  newId: () => string,
): Step | null {
  const { state, severity, facts } = happening;
  if (before === undefined && state === 'resolved') return null;
  const known = before ?? begun(happening, rule, now, newId);
  const fresh = { ...known, severity, facts };
  switch (state) {
    case 'once':
      return once(fresh, rule, now);
    case 'held':
      return held(fresh, happening.heldUntil);
    default:
      return moved(before, { ...fresh, status: state }, happening, rule, now);
  }
}

/** What becomes of an open incident that the rule is no longer asked about. */
export function leave(before: Incident, happening: Happening, rule: Rule, now: number): Step {
  const after: Incident = { ...before, status: 'resolved', severity: happening.severity };
  const step = moved(before, after, { ...happening, state: 'resolved' }, rule, now);
  return step.tell === 'resolved' ? { ...step, tell: 'milder' } : step;
}

function begun(
  { subject, severity, since, facts }: Happening,
  rule: Rule,
  now: number,
  newId: () => string,
): Incident {
  return {
    ...{ id: newId(), rule: rule.id, subject, status: 'open', severity, openedAt: since },
    changedAt: rule.spec.delivery.when === 'immediate' ? now : Math.min(now, rule.digestFrom),
    ...{ told: null, toldAt: null, wakeAt: null, bundle: null },
    ...{ flips: [], flapping: false, seq: 0, facts, members: null },
  };
}

/** Told again when there was quiet for as long as the rule says. */
function once(incident: Incident, rule: Rule, now: number): Step {
  const { quietHours } = rule.spec.flapping;
  const quiet = incident.toldAt !== null && now - incident.toldAt < quietHours * HOUR;
  const flips = quiet ? flipped(incident, rule.spec, now) : [];
  const after: Incident = { ...incident, status: 'resolved', flips };
  if (quiet) return { incident: after, tell: null, left: null };
  return { incident: told(after, rule, now, 'once'), tell: 'once', left: null };
}

function held(incident: Incident, until: number | null): Step {
  const quiet = {
    status: 'open',
    told: 'held',
    wakeAt: until,
    flapping: false,
    flips: [],
  } as const;
  return { incident: { ...incident, ...quiet, bundle: null }, tell: null, left: incident.bundle };
}

function moved(
  before: Incident | undefined,
  incident: Incident,
  happening: Happening,
  rule: Rule,
  now: number,
): Step {
  const same = before !== undefined && keyOf(before) === keyOf(incident);
  const flips = before === undefined || same ? incident.flips : flipped(before, rule.spec, now);
  const after = { ...incident, flips };
  if (after.flapping) return shaking(after, same, rule, now);
  if (after.told === keyOf(after)) return { incident: after, tell: null, left: null };
  if (flips.length >= rule.spec.flapping.changes) {
    const loose = { ...after, flapping: true, bundle: null };
    const incidentTold = told(loose, rule, now, 'flapping');
    return { incident: incidentTold, tell: 'flapping', left: after.bundle };
  }
  return changed(before, after, happening, rule, now);
}

/** Quiet until it has stayed as it is. */
function shaking(incident: Incident, same: boolean, { spec }: Rule, now: number): Step {
  const wakeAt = same ? incident.wakeAt : now + spec.flapping.quietHours * HOUR;
  return { incident: { ...incident, wakeAt }, tell: null, left: null };
}

function changed(
  before: Incident | undefined,
  after: Incident,
  happening: Happening,
  rule: Rule,
  now: number,
): Step {
  const tell = tellOf(before, after, happening);
  const incident = told({ ...after, bundle: null }, rule, now);
  // a bundle tells of the end when all of it is over; what was never told ends in silence
  const bundled = after.bundle !== null && tell === 'resolved';
  const unsaid = after.told === null || after.told === 'held';
  const silent = bundled || (unsaid && tell === 'resolved');
  if (silent || !isWanted(tell, happening.event, rule)) {
    const { changedAt } = after;
    return { incident: { ...incident, changedAt }, tell: null, left: after.bundle };
  }
  return { incident, tell, left: after.bundle };
}

function tellOf(before: Incident | undefined, after: Incident, { event }: Happening): Tell {
  if (after.status === 'resolved') return 'resolved';
  if (before === undefined) return event === 'reopened' || event === 'changed' ? event : 'opened';
  if (before.status === 'resolved') return 'reopened';
  return after.told === 'held' ? 'unheld' : 'changed';
}

/** A rule tells what it names; the events that are no finding's stand for their end too. */
function isWanted(tell: Tell, event: AlertEvent, { spec }: Rule): boolean {
  const { events } = spec.match;
  if (events.includes(event)) return true;
  return (tell === 'unheld' || tell === 'changed') && events.includes('changed');
}

/** What becomes of an incident whose time has come to be looked at. */
export function wake(incident: Incident, rule: Rule, now: number): Step {
  const { quietHours } = rule.spec.flapping;
  const quietFrom = (incident.flips.at(-1) ?? 0) + quietHours * HOUR;
  if (incident.flapping && now < quietFrom) {
    return { incident: { ...incident, wakeAt: quietFrom }, tell: null, left: null };
  }
  if (incident.flapping) {
    const calm = { ...incident, flapping: false, flips: [] };
    return { incident: told(calm, rule, now), tell: 'settled', left: null };
  }
  if (incident.status === 'resolved') return unwoken(incident);
  if (incident.told === 'held') {
    return { incident: told(incident, rule, now), tell: 'unheld', left: null };
  }
  const wakeAt = nextReminder(incident, rule, now);
  if (wakeAt === null) return unwoken(incident);
  return { incident: { ...incident, toldAt: now, wakeAt }, tell: 'reminder', left: null };
}

function unwoken(incident: Incident): Step {
  return { incident: { ...incident, wakeAt: null }, tell: null, left: null };
}

/** Noted as told as it stands. */
function told(incident: Incident, rule: Rule, now: number, as?: 'flapping' | 'once'): Incident {
  const { quietHours } = rule.spec.flapping;
  return {
    ...incident,
    told: as ?? keyOf(incident),
    toldAt: now,
    changedAt: Math.max(now, rule.digestFrom + 1),
    wakeAt: as === 'flapping' ? now + quietHours * HOUR : nextReminder(incident, rule, now),
  };
}

/** Milliseconds; null: none. A digest is its own reminder. */
function remindsOf({ severity }: Incident, { spec }: Rule): number | null {
  const days = spec.reminders[SEVERITIES[severity] ?? 'info'];
  return days === null || spec.delivery.when !== 'immediate' ? null : days * DAY;
}

export function nextReminder(incident: Incident, rule: Rule, now: number): number | null {
  const every = remindsOf(incident, rule);
  return incident.status === 'open' && every !== null ? now + Math.round(every) : null;
}

function keyOf({ status, severity }: Incident): string {
  return `${status}:${severity}`;
}

function flipped({ flips }: Incident, { flapping }: AlertRuleSpec, now: number): readonly number[] {
  const since = now - flapping.windowHours * HOUR;
  return [...flips.filter((at) => at > since), now].slice(-flapping.changes);
}

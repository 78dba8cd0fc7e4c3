import type { AlertRuleSpec } from '../contract/service/alert-rule.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import type { Alert, AlertEntry, AlertKind } from '../notify/message.ts';
import { counted } from '../report/text.ts';
import type { Entry, Incident, Tell } from './life.ts';

const KINDS: Readonly<Record<Tell, AlertKind>> = {
  opened: 'incident',
  reopened: 'incident',
  changed: 'incident',
  unheld: 'incident',
  flapping: 'incident',
  once: 'incident',
  resolved: 'resolved',
  milder: 'resolved',
  settled: 'incident',
  reminder: 'reminder',
};

/** The message that an incident is worth, without its number. */
export function wordIncident(incident: Incident, tell: Tell, spec: AlertRuleSpec): Alert {
  const { id, severity, openedAt, seq, facts, members } = incident;
  const over = tell === 'settled' && incident.status === 'resolved';
  return {
    id: `${id}:${seq}`,
    incident: id,
    kind: over ? 'resolved' : KINDS[tell],
    severity: severityOf(severity),
    what: whatOf(incident, tell),
    since: new Date(openedAt).toISOString(),
    why: whyOf(incident, tell, spec),
    todo: facts.todo,
    host: facts.host,
    port: facts.port,
    transport: facts.transport,
    link: facts.link,
    entries: tell === 'resolved' ? [] : (members?.worst ?? []).map(entryOf),
  };
}

export function severityOf(rank: number): Severity {
  return SEVERITIES[rank] ?? 'info';
}

function whatOf({ facts, severity, status, members }: Incident, tell: Tell): string {
  const { what } = facts;
  switch (tell) {
    case 'reopened':
      return `${what}: it is back`;
    case 'changed':
    case 'milder':
      return `${what}: now ${severityOf(severity)}`;
    case 'unheld':
      return `${what}: its acceptance has ended`;
    case 'flapping':
      return `${what}: it comes and goes`;
    case 'settled':
      return `${what}: it has stopped coming and going${status === 'open' ? ' and is open' : ''}`;
    case 'reminder':
      return members === null ? what : `${what}: ${members.left} of ${members.count}`;
    default:
      return what;
  }
}

function whyOf({ facts, members }: Incident, tell: Tell, { flapping }: AlertRuleSpec): string {
  if (tell === 'flapping') {
    const { changes, windowHours, quietHours } = flapping;
    return `It has changed ${changes} times within ${windowHours} h; you are told again when it has stayed as it is for ${quietHours} h.`;
  }
  if (tell === 'resolved')
    return members === null ? facts.note : 'All of them are over or accepted.';
  if (tell === 'milder') return 'This rule no longer asks about it.';
  return facts.why;
}

export function entryOf({ severity, what, host, port }: Entry): AlertEntry {
  return { severity: severityOf(severity), what, host, port };
}

/** A line of a list that stands for an incident. */
export function lineOf({ severity, facts }: Incident, prefix = ''): Entry {
  return {
    severity,
    what: `${prefix}${facts.what}`,
    host: facts.host ?? 'Postern',
    port: facts.port,
  };
}

export interface Listing {
  readonly id: string;
  readonly what: string;
  readonly why: string;
  readonly entries: readonly Entry[];
  /** Milliseconds. */
  readonly since: number;
  readonly link: string | null;
}

/** A message that lists and belongs to no incident. */
export function wordListing(listing: Listing): Alert {
  const { id, what, why, entries, since, link } = listing;
  const worst = Math.max(0, ...entries.map(({ severity }) => severity));
  return {
    ...{ id, incident: id, kind: 'digest', severity: severityOf(worst), what },
    ...{ since: new Date(since).toISOString(), why, todo: '', host: null, port: null },
    ...{ transport: 'tcp', link, entries: entries.map(entryOf) },
  };
}

/** `12 critical, 3 high`, worst first; counts by place in SEVERITIES. */
export function tally(counts: readonly number[]): string {
  return SEVERITIES.map((word, rank) => [word, counts[rank] ?? 0] as const)
    .filter(([, count]) => count > 0)
    .toReversed()
    .map(([word, count]) => counted(count, word, word))
    .join(', ');
}

export interface TestOf {
  readonly channel: string;
  /** Where Postern is: a host or a URL. */
  readonly from: string;
  readonly link: string | null;
}

/** Says that a channel works. */
export function testAlert(id: string, { channel, from, link }: TestOf, now: Date): Alert {
  return {
    ...{ id, incident: id, kind: 'test', severity: 'info', link },
    what: `Postern on ${from} can write here`,
    since: now.toISOString(),
    why: `Alerts for the channel "${channel}" will arrive this way.`,
    todo: '',
    ...{ host: null, port: null, transport: 'tcp', entries: [] },
  };
}

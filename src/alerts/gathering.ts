import type { Entry, Incident, Tell } from './life.ts';
import { lineOf } from './wording.ts';

/** What is told together when there is much of it. */
const CLASSES = ['open', 'resolved', 'flapping', 'settled', 'once', 'reminder'] as const;
export type Class = (typeof CLASSES)[number];

const CLASS_OF: Readonly<Record<Tell, Class>> = {
  opened: 'open',
  reopened: 'open',
  changed: 'open',
  unheld: 'open',
  resolved: 'resolved',
  milder: 'resolved',
  flapping: 'flapping',
  settled: 'settled',
  once: 'once',
  reminder: 'reminder',
};

export function classOf(tell: Tell): Class {
  return CLASS_OF[tell];
}

/** Lines that a message lists, and hosts that it counts; beyond them it says "over". */
const MAX_WORST = 20;
export const MAX_HOSTS = 200;

/** What one rule has to tell of one class: bounded, however much there is. */
export interface Gathered {
  count: number;
  /** By place in SEVERITIES. */
  readonly counts: number[];
  readonly hosts: string[];
  worst: Entry[];
  /** Subjects and what is to be told of them, the first of them: enough to tell each by itself. */
  readonly members: Record<string, Tell>;
}

/** What one rule has to tell of one batch; goes into the store between the parts of a large batch. */
export interface Gathering {
  /** Id of the incident that tells of all that was opened when it is much. */
  readonly mass: string;
  readonly classes: Record<Class, Gathered>;
}

export function emptyGathering(mass: string): Gathering {
  const empty = (): Gathered => ({
    ...{ count: 0, counts: [0, 0, 0, 0, 0], hosts: [], worst: [], members: {} },
  });
  const classes = Object.fromEntries(CLASSES.map((one) => [one, empty()]));
  return { mass, classes: classes as Record<Class, Gathered> };
}

/** Adds one; `most` members are kept by name. */
export function gather(gathered: Gathered, incident: Incident, tell: Tell, most: number): void {
  const { subject, severity, facts } = incident;
  const known = Object.hasOwn(gathered.members, subject);
  if (known || gathered.count < most) gathered.members[subject] = tell;
  if (known) return;
  gathered.count += 1;
  gathered.counts[severity] = (gathered.counts[severity] ?? 0) + 1;
  const { host } = facts;
  if (host !== null && gathered.hosts.length <= MAX_HOSTS && !gathered.hosts.includes(host)) {
    gathered.hosts.push(host);
  }
  gathered.worst = worstOf([...gathered.worst, lineOf(incident)]);
}

/** The worst lines, each once: a host has several addresses and names. */
export function worstOf(entries: readonly Entry[]): Entry[] {
  const once = new Map(entries.map((entry) => [JSON.stringify(entry), entry]));
  return [...once.values()].sort((a, b) => b.severity - a.severity).slice(0, MAX_WORST);
}

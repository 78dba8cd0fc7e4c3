import type { Alert } from '../notify/message.ts';
import { counted } from '../report/text.ts';
import {
  type Class,
  classOf,
  emptyGathering,
  type Gathered,
  type Gathering,
  gather,
  MAX_HOSTS,
  worstOf,
} from './gathering.ts';
import type { Facts, Happening } from './happening.ts';
import {
  advance,
  type Entry,
  type Incident,
  leave,
  nextReminder,
  type Step,
  type Tell,
  wake,
} from './life.ts';
import type { Rule } from './match.ts';
import { lineOf, tally, wordIncident, wordListing } from './wording.ts';

/** What is known before: the incidents that may be touched. */
export interface Known {
  /** Also those that are told in a bundle of `gatherings`. */
  readonly incidents: readonly Incident[];
  /** By id of the rule: what earlier parts of this batch had to tell. */
  readonly gatherings: ReadonlyMap<string, Gathering>;
}

/** A part of what happened together. */
export interface Batch {
  readonly happenings: readonly Happening[];
  /** Nothing more comes of it: now it is told. */
  readonly last: boolean;
}

/** A message for the channels of a rule. */
export interface Message {
  readonly rule: string;
  /** Null: a list that belongs to none. */
  readonly incident: string | null;
  /** Of the messages of an incident. */
  readonly seq: number;
  readonly alert: Alert;
  /** A channel that is not to tell it: the message is about that channel. */
  readonly not: string | null;
}

export interface Heard {
  /** Those that have changed. */
  readonly incidents: readonly Incident[];
  readonly messages: readonly Message[];
  /** Empty when all is told. */
  readonly gatherings: ReadonlyMap<string, Gathering>;
}

export interface Means {
  /** Milliseconds. */
  readonly now: number;
  readonly newId: () => string;
  /** Where people reach the server, without a slash at the end. */
  readonly publicUrl: string;
}

/**
 * What becomes of incidents by a batch of what happened, and what is to be told. Rules are asked in
 * their order. Pure but for `newId`.
 */
export function hear(
  known: Known,
  { happenings, last }: Batch,
  rules: readonly Rule[],
  means: Means,
): Heard {
  const hearing = new Hearing(known, rules, means);
  for (const happening of happenings) hearing.take(happening);
  return hearing.end(last);
}

/** What is to be told of incidents whose time has come. */
export function wakeAll(
  incidents: readonly Incident[],
  rules: readonly Rule[],
  means: Means,
): Heard {
  const hearing = new Hearing({ incidents, gatherings: new Map() }, rules, means);
  for (const incident of incidents) hearing.wake(incident);
  return hearing.end(true);
}

/** Names an incident among those of all rules. */
export function placeOf({ rule, subject }: Pick<Incident, 'rule' | 'subject'>): string {
  return `${rule} ${subject}`;
}

class Hearing {
  readonly #incidents = new Map<string, Incident>();
  readonly #places = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #gatherings: Map<string, Gathering>;
  readonly #messages: Message[] = [];
  readonly #rules: readonly Rule[];
  readonly #means: Means;

  constructor(known: Known, rules: readonly Rule[], means: Means) {
    for (const incident of known.incidents) this.#know(incident);
    this.#gatherings = new Map(known.gatherings);
    this.#rules = rules;
    this.#means = means;
  }

  take(happening: Happening): void {
    const { now, newId } = this.#means;
    let taken = false;
    for (const rule of this.#rules) {
      const before = this.#incidents.get(placeOf({ rule: rule.id, subject: happening.subject }));
      if (!taken && rule.fits(happening)) {
        taken = !rule.spec.goOn;
        this.#step(rule, advance(before, happening, rule, now, newId));
      } else if (before?.status === 'open') {
        this.#step(rule, leave(before, happening, rule, now));
      }
    }
  }

  wake(incident: Incident): void {
    const rule = this.#rules.find(({ id }) => id === incident.rule);
    if (rule !== undefined) this.#step(rule, wake(incident, rule, this.#means.now));
  }

  end(last: boolean): Heard {
    if (last) {
      for (const rule of this.#rules) this.#settle(rule, this.#gatherings.get(rule.id));
      this.#gatherings.clear();
    }
    return {
      incidents: [...this.#changed].flatMap((place) => this.#incidents.get(place) ?? []),
      messages: this.#messages,
      gatherings: this.#gatherings,
    };
  }

  #know(incident: Incident): void {
    this.#incidents.set(placeOf(incident), incident);
    this.#places.set(incident.id, placeOf(incident));
  }

  #put(incident: Incident): void {
    this.#know(incident);
    this.#changed.add(placeOf(incident));
  }

  #step(rule: Rule, step: Step | null): void {
    if (step === null) return;
    this.#put(step.incident);
    if (step.left !== null) this.#leaveBundle(rule, step.left);
    if (step.tell !== null) this.#gather(rule, step.incident, step.tell);
  }

  /** A digest tells by itself what has changed. */
  #gather(rule: Rule, incident: Incident, tell: Tell): void {
    if (rule.spec.delivery.when !== 'immediate') return;
    const gathering = this.#gatherings.get(rule.id) ?? emptyGathering(this.#means.newId());
    this.#gatherings.set(rule.id, gathering);
    const group = classOf(tell);
    gather(gathering.classes[group], incident, tell, rule.spec.mass);
    if (group !== 'open') return;
    // as if it were much; told by itself when it is not
    this.#put({ ...incident, bundle: gathering.mass, wakeAt: null });
  }

  #leaveBundle(rule: Rule, id: string): void {
    const bundle = this.#incidents.get(this.#places.get(id) ?? '');
    if (bundle?.members == null || bundle.status === 'resolved') return;
    const left = Math.max(0, bundle.members.left - 1);
    const members = { ...bundle.members, left };
    if (left > 0) return this.#put({ ...bundle, members });
    const over: Incident = {
      ...bundle,
      members,
      status: 'resolved',
      told: 'resolved',
      wakeAt: null,
    };
    this.#put({ ...over, changedAt: this.#means.now });
    if (rule.spec.match.events.includes('resolved')) this.#gather(rule, over, 'resolved');
  }

  #settle(rule: Rule, gathering: Gathering | undefined): void {
    if (gathering === undefined) return;
    const { open, ...others } = gathering.classes;
    if (open.count >= rule.spec.mass) this.#tellMass(rule, gathering);
    else this.#tellByHost(rule, open);
    for (const [group, gathered] of Object.entries(others)) {
      const many = group === 'reminder' ? 2 : rule.spec.mass;
      if (gathered.count >= many) this.#list(rule, group as Exclude<Class, 'open'>, gathered);
      else this.#tellEach(rule, gathered);
    }
  }

  #tellEach(rule: Rule, { members }: Gathered): void {
    for (const [subject, tell] of Object.entries(members)) this.#tellOne(rule, subject, tell);
  }

  #tellOne(rule: Rule, subject: string, tell: Tell): void {
    const incident = this.#incidents.get(placeOf({ rule: rule.id, subject }));
    if (incident !== undefined) this.#say(rule, incident, tell);
  }

  #say(rule: Rule, incident: Incident, tell: Tell): void {
    const next = { ...incident, seq: incident.seq + 1 };
    this.#put(next);
    const { id, seq, subject } = next;
    const not = subject.startsWith('channel:') ? subject.slice('channel:'.length) : null;
    const alert = wordIncident(next, tell, rule.spec);
    this.#messages.push({ rule: rule.id, incident: id, seq, alert, not });
  }

  /** What one host has to tell is one message: a person closes it in one go. */
  #tellByHost(rule: Rule, { members }: Gathered): void {
    const hosts = new Map<string, [Incident, Tell][]>();
    for (const [subject, tell] of Object.entries(members)) {
      const incident = this.#incidents.get(placeOf({ rule: rule.id, subject }));
      if (incident === undefined) continue;
      const host = incident.facts.host ?? `of ${subject}`;
      hosts.set(host, [...(hosts.get(host) ?? []), [incident, tell]]);
    }
    for (const [host, some] of hosts) {
      const [first, ...more] = some;
      if (first !== undefined && more.length === 0) this.#alone(rule, ...first);
      else this.#together(rule, host, some);
    }
  }

  #alone(rule: Rule, incident: Incident, tell: Tell): void {
    const wakeAt = nextReminder(incident, rule, this.#means.now);
    this.#say(rule, { ...incident, bundle: null, wakeAt }, tell);
  }

  #together(rule: Rule, host: string, some: readonly (readonly [Incident, Tell])[]): void {
    const id = this.#means.newId();
    const incidents = some.map(([incident]) => incident);
    for (const incident of incidents) this.#put({ ...incident, bundle: id });
    const worst = worstOf(some.map(([incident, tell]) => lineOf(incident, PREFIXES[tell])));
    const severity = Math.max(...incidents.map((incident) => incident.severity));
    const openedAt = Math.min(...incidents.map((incident) => incident.openedAt));
    // one door that was seen by several addresses of the host is one line, and no list
    const [only] = worst.length === 1 ? incidents : [];
    const what = `${counted(worst.length, 'finding')} on one host`;
    this.#sayBundle(rule, {
      ...{ id, severity, openedAt, count: some.length },
      worst: only === undefined ? worst : [],
      facts: only?.facts ?? this.#factsOf(host, what),
    });
  }

  #tellMass(rule: Rule, { mass, classes: { open } }: Gathering): void {
    const { count, counts, hosts, worst } = open;
    const over = hosts.length > MAX_HOSTS ? 'over ' : '';
    const on = over + counted(Math.min(hosts.length, MAX_HOSTS), 'host');
    const what = hosts.length === 0 ? counted(count, 'alert') : counted(count, 'finding');
    const where = hosts.length === 0 ? '' : ` on ${on}`;
    this.#sayBundle(rule, {
      ...{ id: mass, severity: Math.max(...worst.map(({ severity }) => severity)) },
      ...{ openedAt: this.#means.now, count, worst },
      facts: this.#factsOf(null, `${what} at once${where}: ${tally(counts)}`),
    });
  }

  #factsOf(host: string | null, what: string): Facts {
    const why = 'They came together; the worst of them are listed.';
    const todo = 'Look at each finding: it says how to close it.';
    const link = `${this.#means.publicUrl}/findings`;
    return { what, why, todo, host, port: null, transport: 'tcp', note: '', link };
  }

  #sayBundle(rule: Rule, { id, severity, openedAt, count, worst, facts }: About): void {
    const { now } = this.#means;
    const bundle: Incident = {
      ...{ id, rule: rule.id, subject: `bundle:${id}`, status: 'open', severity, openedAt },
      ...{ changedAt: now, told: 'open', toldAt: now, wakeAt: null, bundle: null },
      ...{ flips: [], flapping: false, seq: 0, facts, members: { count, left: count, worst } },
    };
    this.#say(rule, { ...bundle, wakeAt: nextReminder(bundle, rule, now) }, 'opened');
  }

  #list(rule: Rule, group: Exclude<Class, 'open'>, { count, counts, worst }: Gathered): void {
    const { now, newId, publicUrl } = this.#means;
    const alert = wordListing({
      ...{ id: newId(), entries: worst, since: now, link: `${publicUrl}/findings` },
      what: LISTS[group](counted(count, 'finding')),
      why: tally(counts),
    });
    this.#messages.push({ rule: rule.id, incident: null, seq: 0, alert, not: null });
  }
}

interface About {
  readonly id: string;
  readonly severity: number;
  readonly openedAt: number;
  readonly count: number;
  readonly worst: readonly Entry[];
  readonly facts: Facts;
}

const PREFIXES: Partial<Readonly<Record<Tell, string>>> = {
  reopened: 'back: ',
  changed: 'changed: ',
  unheld: 'no longer accepted: ',
};

const LISTS: Readonly<Record<Exclude<Class, 'open'>, (count: string) => string>> = {
  resolved: (count) => `${count} over at once`,
  flapping: (count) => `${count} that come and go`,
  settled: (count) => `${count} have stopped coming and going`,
  once: (count) => `${count} at once`,
  reminder: (count) => `${count} still open`,
};

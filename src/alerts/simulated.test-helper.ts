import { type AlertRuleInput, alertRuleSpec } from '../contract/service/alert-rule.ts';
import type { Gathering } from './gathering.ts';
import type { Happening } from './happening.ts';
import { type Heard, hear, type Message, placeOf, wakeAll } from './incidents.ts';
import type { Incident } from './life.ts';
import { type Rule, ruleOf } from './match.ts';

export const HOUR = 60 * 60 * 1000;
export const DAY = 24 * HOUR;
export const NOON = Date.UTC(2026, 0, 1, 12);

const SEVERITY = { info: 0, low: 1, medium: 2, high: 3, critical: 4 } as const;

export function rule(spec: AlertRuleInput = {}, id = 'rule'): Rule {
  return ruleOf(id, alertRuleSpec.parse(spec), 0);
}

/** Something that happened to the finding `name` of a host. */
export function happening(
  name: string,
  event: Happening['event'],
  about: {
    readonly severity?: keyof typeof SEVERITY;
    readonly host?: string;
    readonly port?: number;
    readonly heldUntil?: number;
    readonly since?: number;
    readonly note?: string;
  } = {},
): Happening {
  const { severity = 'high', host = `${name}.example.org`, port = 22, heldUntil = null } = about;
  const open = heldUntil === null ? 'open' : 'held';
  return {
    event,
    subject: `finding:${name}`,
    state: event === 'resolved' ? 'resolved' : open,
    heldUntil,
    severity: SEVERITY[severity],
    since: about.since ?? NOON,
    facts: {
      ...{ what: `door ${name}`, why: 'It is open.', todo: 'Close it.', host, port },
      ...{ transport: 'tcp', link: `https://postern.example/findings/${name}` },
      note: about.note ?? 'the port is closed',
    },
    finding: 'test.exposed',
    hosts: [host],
    labels: [],
    groups: [],
  };
}

/** What the engine's shell does, without a store: keeps incidents, and moves the time. */
export class Simulation {
  readonly rules: readonly Rule[];
  readonly messages: (Message & { readonly at: number })[] = [];
  readonly incidents = new Map<string, Incident>();
  now = NOON;
  #gatherings: ReadonlyMap<string, Gathering> = new Map();
  #made = 0;

  constructor(...rules: readonly Rule[]) {
    this.rules = rules.length === 0 ? [rule()] : rules;
  }

  /** Hears a batch, in parts when it is told so. */
  hear(happenings: readonly Happening[], partSize = 1000): readonly Message[] {
    const before = this.messages.length;
    for (let from = 0; from < happenings.length; from += partSize) {
      const part = happenings.slice(from, from + partSize);
      const last = from + partSize >= happenings.length;
      const known = { incidents: [...this.incidents.values()], gatherings: this.#gatherings };
      this.#keep(hear(known, { happenings: part, last }, this.rules, this.#means()));
    }
    return this.messages.slice(before);
  }

  /** Goes on in time and looks at what is due on the way. */
  pass(ms: number): readonly Message[] {
    const before = this.messages.length;
    const until = this.now + ms;
    for (;;) {
      const due = [...this.incidents.values()].filter(
        ({ wakeAt }) => (wakeAt ?? until + 1) <= until,
      );
      if (due.length === 0) break;
      this.now = Math.max(this.now, Math.min(...due.map(({ wakeAt }) => wakeAt ?? until)));
      const ready = due.filter(({ wakeAt }) => (wakeAt ?? 0) <= this.now);
      this.#keep(wakeAll(ready, this.rules, this.#means()));
    }
    this.now = until;
    return this.messages.slice(before);
  }

  #means() {
    const newId = () => `id-${(this.#made += 1)}`;
    return { now: this.now, newId, publicUrl: 'https://postern.example' };
  }

  #keep({ incidents, messages, gatherings }: Heard): void {
    // through JSON, as the store keeps them
    for (const incident of incidents) {
      this.incidents.set(placeOf(incident), JSON.parse(JSON.stringify(incident)) as Incident);
    }
    this.#gatherings = new Map(
      JSON.parse(JSON.stringify([...gatherings])) as [string, Gathering][],
    );
    this.messages.push(...messages.map((message) => ({ ...message, at: this.now })));
  }
}

/** `kind what`, for comparing. */
export function said(messages: readonly Message[]): readonly string[] {
  return messages.map(({ alert }) => `${alert.kind} ${alert.what}`);
}

import type { Transaction } from 'kysely';
import { alertRuleSpec } from '../contract/service/alert-rule.ts';
import { upsert } from '../store/bulk.ts';
import type { DialectFacts } from '../store/dialects/facts.ts';
import type { Store } from '../store/open.ts';
import {
  alertRule,
  alertRules,
  changeAlertRule,
  isOfWrongClock,
} from '../store/queries/alert-rules.ts';
import { takeBatch } from '../store/queries/events.ts';
import {
  countChanged,
  incidentsById,
  incidentsOf,
  incidentsToWake,
  keepUnfinished,
  lockAlerts,
  membersOf,
  unfinished,
  worstChanged,
} from '../store/queries/incidents.ts';
import type { Tables } from '../store/schema.ts';
import type { IncidentRow, OutboxRow } from '../store/service-schema.ts';
import { digestOf, nextDigest } from './digest.ts';
import type { Gathering } from './gathering.ts';
import type { Happening } from './happening.ts';
import { happeningsOf, unheardOf } from './heard.ts';
import { type Heard, hear, type Means, type Message, wakeAll } from './incidents.ts';
import type { Incident } from './life.ts';
import type { Rule } from './match.ts';
import { incidentOf, incidentRow, rulesOf } from './rows.ts';

/** Events or incidents of one transaction: bounds how long the event loop and other writers wait. */
const AT_ONCE = 150;
/** Lines of a digest that are looked up; a message shows the first of them. */
const LINES = 20;
/** Members of bundles that are looked up at one time: of a larger mass the others come at the next. */
const MEMBERS = 400;

export interface TurnMeans extends Means {
  readonly store: Store;
  /** Ids of the channels that a tenant has. */
  readonly channelsOf: (tx: Transaction<Tables>, tenant: string) => Promise<readonly string[]>;
}

/**
 * Takes events away and puts what came of them into incidents and the outbox, all or nothing. Resolves
 * to whether there may be more.
 */
export function hearTenant(means: TurnMeans, tenant: string): Promise<boolean> {
  const { store } = means;
  return store.write(async (tx) => {
    await lockAlerts(tx, tenant);
    const batch = await takeBatch(tx, tenant, AT_ONCE);
    if (batch === null) return false;
    const turn = new Turn(tx, store.facts, tenant, means);
    await turn.hear(batch);
    return true;
  });
}

/** Tells of incidents whose time has come. Resolves to whether there may be more. */
export function wakeTenant(means: TurnMeans, tenant: string): Promise<boolean> {
  const { store, now } = means;
  return store.write(async (tx) => {
    await lockAlerts(tx, tenant);
    const rows = await incidentsToWake(tx, tenant, { now, limit: AT_ONCE });
    if (rows.length === 0) return false;
    await new Turn(tx, store.facts, tenant, means).wake(rows);
    return rows.length === AT_ONCE;
  });
}

/** Sends the digest of a rule if it is still due. */
export function tellDigest(means: TurnMeans, tenant: string, rule: string): Promise<void> {
  const { store } = means;
  return store.write(async (tx) => {
    await lockAlerts(tx, tenant);
    await new Turn(tx, store.facts, tenant, means).digest(rule);
  });
}

class Turn {
  readonly #tx: Transaction<Tables>;
  readonly #facts: DialectFacts;
  readonly #tenant: string;
  readonly #means: TurnMeans;

  constructor(tx: Transaction<Tables>, facts: DialectFacts, tenant: string, means: TurnMeans) {
    this.#tx = tx;
    this.#facts = facts;
    this.#tenant = tenant;
    this.#means = means;
  }

  async hear({ batch, events, last }: NonNullable<Awaited<ReturnType<typeof takeBatch>>>) {
    const rules = rulesOf(await alertRules(this.#tx, this.#tenant));
    const { now, publicUrl } = this.#means;
    const asked = { tenant: this.#tenant, rules, publicUrl, now };
    const happenings = await happeningsOf(this.#tx, this.#facts, events, asked);
    const before = await unfinished(this.#tx, this.#tenant, batch);
    const gatherings = new Map<string, Gathering>(before === null ? [] : entriesIn(before));
    const incidents = await this.#known(rules, happenings, gatherings);
    const heard = hear({ incidents, gatherings }, { happenings, last }, rules, this.#means);
    await this.#keep(rules, heard);
    if (before === null && heard.gatherings.size === 0) return;
    const left = heard.gatherings.size === 0 ? null : JSON.stringify([...heard.gatherings]);
    await keepUnfinished(this.#tx, this.#tenant, batch, left);
  }

  async wake(due: readonly IncidentRow[]): Promise<void> {
    const rules = rulesOf(await alertRules(this.#tx, this.#tenant));
    const rows = (await this.#catchUp(rules, due)) ? await this.#stillDue(due) : due;
    await this.#keep(rules, wakeAll(rows.map(incidentOf), rules, this.#means));
  }

  /** Nobody is reminded of what was over before its rule was switched on again. Resolves to whether there was any. */
  async #catchUp(rules: readonly Rule[], due: readonly IncidentRow[]): Promise<boolean> {
    const { now, publicUrl } = this.#means;
    const bundles = due.filter(({ subject }) => subject.startsWith('bundle:'));
    const members = await membersOf(this.#tx, this.#facts, this.#tenant, bundles, MEMBERS);
    const ids = [...due, ...members].flatMap(
      ({ subject }) => /^finding:(.*)$/.exec(subject)?.[1] ?? [],
    );
    const asked = { tenant: this.#tenant, rules, publicUrl, now };
    const happenings = await unheardOf(this.#tx, this.#facts, ids, asked);
    if (happenings.length === 0) return false;
    const gatherings = new Map<string, Gathering>();
    const incidents = await this.#known(rules, happenings, gatherings);
    const batch = { happenings, last: true };
    await this.#keep(rules, hear({ incidents, gatherings }, batch, rules, this.#means));
    return true;
  }

  async #stillDue(due: readonly IncidentRow[]): Promise<readonly IncidentRow[]> {
    const ids = due.map(({ id }) => id);
    const rows = await incidentsById(this.#tx, this.#facts, this.#tenant, ids);
    return rows.filter(({ remind_at: at }) => at !== null && at <= this.#means.now);
  }

  async digest(id: string): Promise<void> {
    const { now, newId, publicUrl } = this.#means;
    const row = await alertRule(this.#tx, this.#tenant, id);
    if (row === undefined || row.digest_at === null) return;
    const spec = alertRuleSpec.parse(JSON.parse(row.spec));
    const next = nextDigest(spec, now);
    if (isOfWrongClock(row.digest_at, now)) {
      // for a list that is the last there is no next: it is told now
      const set = { digest_at: next ?? now };
      await changeAlertRule(this.#tx, this.#tenant, id, set);
    }
    if (row.digest_at > now) return;
    const { when } = spec.delivery;
    const after = row.digest_from;
    // what a rule of the future gathers stands right behind its beginning
    const changes = { digest_at: next, digest_from: Math.max(now, after + 1) };
    await changeAlertRule(this.#tx, this.#tenant, id, changes);
    // what happened since it tells at once was told at once
    const until = when === 'immediate' ? row.digest_at : undefined;
    const asked = { rule: id, after, until, limit: LINES };
    const alert = digestOf({
      ...{ id: newId(), name: row.name, since: after, publicUrl },
      when: when === 'immediate' ? 'last list' : when,
      counts: await countChanged(this.#tx, this.#tenant, asked),
      worst: (await worstChanged(this.#tx, this.#tenant, asked)).map(incidentOf),
    });
    if (alert === null) return;
    const message = { rule: id, incident: null, seq: 0, alert, not: null };
    await this.#send([message], new Map([[id, spec.channels]]));
  }

  /** What the happenings may touch, what is to be told of earlier parts, and the bundles of both. */
  async #known(
    rules: readonly Rule[],
    happenings: readonly Happening[],
    gatherings: ReadonlyMap<string, Gathering>,
  ): Promise<readonly Incident[]> {
    const subjects = new Set(happenings.map(({ subject }) => subject));
    for (const { classes } of gatherings.values()) {
      for (const { members } of Object.values(classes)) {
        for (const subject of Object.keys(members)) subjects.add(subject);
      }
    }
    const asked = { rules: rules.map(({ id }) => id), subjects: [...subjects] };
    const rows = await incidentsOf(this.#tx, this.#facts, this.#tenant, asked);
    const bundles = new Set(rows.flatMap(({ bundle }) => bundle ?? []));
    const told = await incidentsById(this.#tx, this.#facts, this.#tenant, [...bundles]);
    return [...rows, ...told].map(incidentOf);
  }

  async #keep(rules: readonly Rule[], { incidents, messages }: Heard): Promise<void> {
    const rows = incidents.map((incident) => incidentRow(this.#tenant, incident));
    await upsert(this.#tx, this.#facts, 'incidents', rows);
    await this.#send(messages, new Map(rules.map(({ id, spec }) => [id, spec.channels])));
  }

  async #send(
    messages: readonly Message[],
    channelsOf: ReadonlyMap<string, 'all' | readonly string[]>,
  ): Promise<void> {
    if (messages.length === 0) return;
    const { now, newId } = this.#means;
    const all = await this.#means.channelsOf(this.#tx, this.#tenant);
    const rows = messages.flatMap(({ rule, incident, seq, alert, not }): OutboxRow[] => {
      const wanted = channelsOf.get(rule) ?? [];
      // one that is named and not there, as the file of the operator has changed: its message is seen to fail
      const channels = new Set(wanted === 'all' ? all : wanted);
      if (not !== null) channels.delete(not);
      return [...channels].map((channel) => ({
        ...{ tenant: this.#tenant, id: newId(), channel, rule, incident, seq },
        ...{ alert: JSON.stringify(alert), status: 'waiting', attempts: 0 },
        ...{ created_at: now, next_at: now, ended_at: null, problem: null },
      }));
    });
    await upsert(this.#tx, this.#facts, 'outbox', rows);
  }
}

function entriesIn(text: string): readonly (readonly [string, Gathering])[] {
  return JSON.parse(text) as [string, Gathering][];
}

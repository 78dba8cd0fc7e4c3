import type { FirewallFlaw } from '../../model/firewall-flaw.ts';
import type { Machine } from '../../model/machine.ts';
import { type PreparedChain, prepared } from '../compile.ts';
import type { Layer, Rule, Step, Table } from '../layer.ts';
import { hold } from '../match.ts';
import { filtersOf, NETFILTER } from '../netfilter-order.ts';
import type { Parcel } from '../parcel.ts';
import { referTo } from '../parcel.ts';
import { walk } from '../walk.ts';
import type { Check } from './check.ts';
import { type Everything, everythingFor } from './full-parcels.ts';

/** Steps of one walk; a ruleset that takes more is not judged. */
const BUDGET = 2_000_000;
/** Rules of one layer that are told one by one. */
const RULES_TOLD = 200;
const SHADOWS_NAMED = 3;
const CHAINS_NAMED = 5;

function basesOf(layer: Layer): readonly PreparedChain[] {
  return [...prepared(layer).bases.values()].flat();
}

/** Rules that some packet may come to and match; null when that takes too long to say. */
function reachedRules(layer: Layer, machine: Machine): ReadonlySet<Rule> | null {
  const reached = new Set<Rule>();
  const mark = (rule: Rule) => reached.add(rule);
  for (const base of basesOf(layer)) {
    for (const { parcel, ...view } of everythingFor(base, machine)) {
      const budget = { left: BUDGET };
      walk(base, parcel, { ...view, budget, visit: undefined, reached: mark, persistent: true });
      if (budget.left < 0) return null;
    }
  }
  return reached;
}

/** The packets of a parcel for which all tests of a rule hold, or may; the order of actions aside. */
function matching(rule: Rule, { parcel, ...view }: Everything): readonly Parcel[] {
  let held: readonly Parcel[] = [parcel];
  for (const step of rule.steps) {
    if ('do' in step || step.test === 'opaque' || step.test === 'limit') continue;
    held = held.flatMap((one) => {
      const holding = hold(step, one, view);
      if (typeof holding === 'string') return holding === 'miss' ? [] : [one];
      return holding.filter((piece) => piece.held !== 'miss').map((piece) => piece.parcel);
    });
  }
  return held;
}

function leadsTo(step: Step): readonly string[] {
  if (!('do' in step)) return [];
  if (step.do === 'jump' || step.do === 'goto') return [step.chain];
  return step.do === 'map' ? step.rows.flatMap((row) => leadsTo(row.action)) : [];
}

/** Chains that a base chain leads to, over whatever other chains. */
function usedChains({ chains }: Table): ReadonlySet<string> {
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  const used = new Set(chains.filter(({ hook }) => hook !== undefined).map(({ name }) => name));
  for (const name of used) {
    for (const rule of byName.get(name)?.rules ?? []) {
      for (const next of rule.steps.flatMap(leadsTo)) used.add(next);
    }
  }
  return used;
}

const DECIDES = new Set(['accept', 'drop', 'reject', 'goto', 'return', 'map', 'dnat', 'redirect']);

function decides({ steps }: Rule): boolean {
  return steps.some((step) => 'do' in step && DECIDES.has(step.do));
}

/** Rules that take the packets which a rule waits for. */
function shadowsOf(rule: Rule, base: PreparedChain, worlds: readonly Everything[]) {
  const shadows = new Set<Rule>();
  for (const world of worlds) {
    for (const parcel of matching(rule, world)) {
      const { parcel: _, ...view } = world;
      const reached = (other: Rule) => {
        if (decides(other)) shadows.add(other);
      };
      const budget = { left: BUDGET };
      walk(base, parcel, { ...view, budget, visit: undefined, reached, persistent: true });
    }
  }
  return [...shadows];
}

function canMatch(rule: Rule, worlds: readonly Everything[]): boolean {
  return worlds.some((world) => matching(rule, world).length > 0);
}

function flaw(layer: Layer, rule: Rule, rest: Omit<FirewallFlaw, 'layer' | 'origin' | 'rule'>) {
  return { layer: layer.kind, origin: layer.origin, rule: referTo(rule), ...rest };
}

function neverMatches(layer: Layer, rule: Rule): FirewallFlaw {
  return flaw(layer, rule, {
    id: 'firewall.never-matches',
    severity: 'low',
    why: 'The conditions of this rule contradict each other or ask for an empty set: no packet can match it.',
    todo: 'Correct the rule or delete it.',
    evidence: [`rule: ${rule.text}`],
  });
}

function shadowed(layer: Layer, rule: Rule, shadows: readonly Rule[]): FirewallFlaw {
  const opposite = shadows.some((other) => closes(other) !== closes(rule));
  return flaw(layer, rule, {
    id: 'firewall.shadowed-rule',
    severity: opposite ? 'medium' : 'low',
    why: opposite
      ? 'Rules before this one take all packets that it waits for and decide otherwise: it has no effect.'
      : 'Rules before this one take all packets that it waits for: it has no effect.',
    todo: 'Move the rule before those, or delete it.',
    evidence: shadows.slice(0, SHADOWS_NAMED).map((other) => `shadowed by: ${other.text}`),
  });
}

function closes({ steps }: Rule): boolean {
  return steps.some((step) => 'do' in step && (step.do === 'drop' || step.do === 'reject'));
}

/** Chains that ufw keeps for a setting that is off. */
const KEPT_READY = /^ufw6?-/;

/** One flaw for all chains of a layer; none where there are none. */
function unused(layer: Layer, tables: readonly Table[]): readonly FirewallFlaw[] {
  const idle = tables.flatMap((table) => {
    const used = usedChains(table);
    return table.chains.filter(
      ({ name, rules }) => !used.has(name) && rules.length > 0 && !KEPT_READY.test(name),
    );
  });
  const names = [...new Set(idle.map(({ name }) => name))];
  if (names.length === 0) return [];
  const some = names.slice(0, CHAINS_NAMED).join(', ');
  const more = names.length - CHAINS_NAMED;
  const chains = `${names.length === 1 ? 'chain' : 'chains'} ${some}${more > 0 ? ` and ${more} more` : ''}`;
  return [
    {
      id: 'firewall.unused-chain',
      severity: 'info',
      layer: layer.kind,
      origin: layer.origin,
      why: `Nothing leads to the ${chains}: the rules in there have no effect.`,
      todo: 'Jump there from where the rules should be asked, or delete them.',
      evidence: idle.map(({ name, rules }) => `chain: ${name} (rules: ${rules.length})`),
    },
  ];
}

/** Base chains of a table, each with everything that may come to it. */
type Entrances = readonly {
  readonly base: PreparedChain;
  readonly worlds: readonly Everything[];
}[];

function idleRule(layer: Layer, rule: Rule, entrances: Entrances): FirewallFlaw {
  const able = entrances.filter(({ worlds }) => canMatch(rule, worlds));
  if (able.length === 0) return neverMatches(layer, rule);
  const shadows = able.flatMap(({ base, worlds }) => shadowsOf(rule, base, worlds));
  return shadowed(layer, rule, [...new Set(shadows)]);
}

/** At the end of a chain it is a net below rules that may change, and meant to catch nothing. */
function closesAll(rule: Rule): boolean {
  return closes(rule) && rule.steps.every((step) => 'do' in step);
}

/** Whether it is for packets that no question of ours is about: most firewalls drop some of those. */
function waitsForOdd({ steps }: Rule): boolean {
  return steps.some((step) => 'test' in step && step.test === 'never' && step.odd === true);
}

function lineOf({ handle, line, text }: Rule): string {
  return `${handle} ${line} ${text}`;
}

/** Rules without a place are words of ours for what a firewall does by itself, where it is not the kernel's. */
function hasPlace({ handle, line }: Rule): boolean {
  return handle !== undefined || line !== undefined;
}

/**
 * Readers make several rules of a line that has several ways to match, or that is asked in several
 * chains (a profile or a direction each): it is idle when none of them is reached, and told once.
 */
function idleOf(
  rules: readonly Rule[],
  reached: ReadonlySet<Rule>,
  elsewhere: ReadonlySet<string>,
): readonly Rule[] {
  const alive = new Set(rules.filter((rule) => reached.has(rule)).map(lineOf));
  const idle = rules.filter(
    (rule, at) =>
      !reached.has(rule) &&
      !alive.has(lineOf(rule)) &&
      !elsewhere.has(lineOf(rule)) &&
      !waitsForOdd(rule) &&
      !(at === rules.length - 1 && closesAll(rule)),
  );
  return [...new Map(idle.map((rule) => [lineOf(rule), rule])).values()];
}

function flawsOfTable(
  layer: Layer,
  table: Table,
  machine: Machine,
  reached: ReadonlySet<Rule>,
): readonly FirewallFlaw[] {
  const used = usedChains(table);
  const asked = table.chains.filter(({ name }) => used.has(name));
  const isWritten = (rule: Rule) => hasPlace(rule) || NETFILTER.has(layer.kind);
  const alive = new Set(
    asked
      .flatMap(({ rules }) => rules.filter((rule) => hasPlace(rule) && reached.has(rule)))
      .map(lineOf),
  );
  const found = asked.flatMap(({ rules }) => idleOf(rules, reached, alive)).filter(isWritten);
  const placed = new Map(found.filter(hasPlace).map((rule) => [lineOf(rule), rule]));
  const idle = found.filter((rule) => !hasPlace(rule) || placed.get(lineOf(rule)) === rule);
  const entrances =
    idle.length === 0
      ? []
      : basesOf(layer)
          .filter((base) => base.table === table)
          .map((base) => ({ base, worlds: everythingFor(base, machine) }));
  return idle.slice(0, RULES_TOLD).map((rule) => idleRule(layer, rule, entrances));
}

function flawsOfLayer(layer: Layer, machine: Machine): readonly FirewallFlaw[] {
  const reached = reachedRules(layer, machine);
  if (reached === null) return [];
  const asked = layer.tables.filter(
    ({ family, dormant }) => family !== 'bridge' && family !== 'arp' && dormant !== true,
  );
  // lists of a router serve other ends, too, and profiles of Windows wait for their network
  const chains = NETFILTER.has(layer.kind) ? unused(layer, asked) : [];
  return [...chains, ...asked.flatMap((table) => flawsOfTable(layer, table, machine, reached))];
}

/**
 * Rules that no packet ever comes to, or that none can match: by walking everything there is through
 * each base chain. A rule behind one that was not understood counts as reached.
 */
export const shadowedRule: Check = ({ layers, machine }) =>
  filtersOf(layers)
    .flatMap((filter) => filter.layers)
    .flatMap((layer) => flawsOfLayer(layer, machine));

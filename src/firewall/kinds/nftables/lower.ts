import { problem } from '../../../model/errors.ts';
import type { Chain, Hook, HookPoint, Rule, Step, Table } from '../../layer.ts';
import { isObject, type Json, type JsonObject, listed, only, textAt } from './json.ts';
import type { Part } from './match.ts';
import { mergedMatches, testsOfMerged } from './merged.ts';
import { ordinarySteps } from './ordinary.ts';
import { printRule } from './print.ts';
import { growthOf, isLimited, type Scope, type SetContent } from './sets.ts';
import { partsOfStatement } from './statement.ts';

/** Ways that one rule is written out as; more is one opaque step. */
const MOST_WAYS = 64;

/** What a ruleset comes to. */
export interface Lowered {
  readonly tables: readonly Table[];
  /** A sentence each. */
  readonly unread: readonly string[];
}

interface Draft {
  readonly table: JsonObject;
  readonly chains: Map<string, { readonly chain: JsonObject; readonly rules: JsonObject[] }>;
  readonly sets: JsonObject[];
  readonly meters: Map<string, boolean>;
}

const FAMILIES = new Set(['ip', 'ip6', 'inet', 'bridge', 'netdev', 'arp']);

/** Objects that decide about no packet, or only where a rule names them. */
const WITHOUT_EFFECT = new Set([
  'metainfo',
  'flowtable',
  'counter',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'secmark',
  'synproxy',
]);

/**
 * Objects as `nft -j list ruleset` gives them (libnftables-json(5)), in their order, to tables.
 * Throws FIREWALL_SYNTAX for a rule without its chain, as in a list that was cut.
 */
export function lower(objects: readonly Json[], origin: string): Lowered {
  const drafts = new Map<string, Draft>();
  const unread: string[] = [];
  for (const object of objects) {
    const [kind, value] = only(object) ?? [];
    if (kind === undefined || !isObject(value)) {
      throw broken(origin, `an object that is none: ${JSON.stringify(object).slice(0, 60)}`);
    }
    if (!place(kind, value, drafts, origin)) {
      unread.push(`${origin}: "${kind}" is not known to Postern`);
    }
  }
  return { tables: [...drafts.values()].map(tableOf), unread };
}

function broken(origin: string, found: string): Error {
  return problem('FIREWALL_SYNTAX', { origin, line: 1, kind: 'nftables', problem: found });
}

/** Whether it was known. */
function place(
  kind: string,
  value: JsonObject,
  drafts: Map<string, Draft>,
  origin: string,
): boolean {
  if (WITHOUT_EFFECT.has(kind)) return true;
  if (kind === 'table') {
    const key = keyOfTable(value, 'name');
    if (!FAMILIES.has(textAt(value, 'family') ?? '') || textAt(value, 'name') === undefined) {
      throw broken(origin, `a table without family or name: ${JSON.stringify(value).slice(0, 60)}`);
    }
    if (!drafts.has(key)) {
      drafts.set(key, { table: value, chains: new Map(), sets: [], meters: new Map() });
    }
    return true;
  }
  if (!OF_A_TABLE.has(kind)) return false;
  const draft = drafts.get(keyOfTable(value, 'table'));
  if (draft === undefined) throw broken(origin, `a ${kind} of a table that is not there`);
  placeIn(draft, kind, value, origin);
  return true;
}

const OF_A_TABLE = new Set(['chain', 'rule', 'set', 'map', 'limit', 'quota', 'element']);

function keyOfTable(object: JsonObject, key: string): string {
  return `${textAt(object, 'family')} ${textAt(object, key)}`;
}

function placeIn(draft: Draft, kind: string, value: JsonObject, origin: string): void {
  const name = textAt(value, 'name') ?? '';
  if (kind === 'chain') draft.chains.set(name, { chain: value, rules: [] });
  if (kind === 'set' || kind === 'map') draft.sets.push(value);
  if (kind === 'element') addElements(draft, value, origin);
  if (kind === 'limit' || kind === 'quota') {
    draft.meters.set(`${kind} ${name}`, value['inv'] === true);
  }
  if (kind !== 'rule') return;
  const chain = draft.chains.get(textAt(value, 'chain') ?? '');
  if (chain === undefined)
    throw broken(origin, `a rule of a chain that is not there: ${textAt(value, 'chain')}`);
  if (!Array.isArray(value['expr'])) throw broken(origin, 'a rule without its expressions');
  chain.rules.push(value);
}

function addElements(draft: Draft, value: JsonObject, origin: string): void {
  const at = draft.sets.findIndex((each) => textAt(each, 'name') === textAt(value, 'name'));
  const set = draft.sets[at];
  if (set === undefined)
    throw broken(origin, `elements of a set that is not there: ${textAt(value, 'name')}`);
  draft.sets[at] = { ...set, elem: [...listed(set['elem']), ...listed(value['elem'])] };
}

function tableOf({ table, chains, sets, meters }: Draft): Table {
  const all = [...chains.values()];
  const growth = growthOf(all.flatMap(({ rules }) => rules.map(statementsOf)));
  const scope: Scope = {
    family: textAt(table, 'family') ?? '',
    chains: new Set(chains.keys()),
    meters,
    sets: new Map(
      sets.map((set): [string, SetContent] => {
        const name = textAt(set, 'name') ?? '';
        return [
          name,
          {
            elements: listed(set['elem']),
            growth: growth.get(name) ?? 'never',
            limited: isLimited(set),
          },
        ];
      }),
    ),
  };
  return {
    name: textAt(table, 'name') ?? '',
    family: scope.family as Table['family'],
    chains: all.map(({ chain, rules }) => chainOf(chain, rules, scope)),
    ...(listed(table['flags']).includes('dormant') ? { dormant: true } : {}),
  };
}

function statementsOf(rule: JsonObject): readonly Json[] {
  return listed(rule['expr']);
}

function chainOf(chain: JsonObject, rules: readonly JsonObject[], scope: Scope): Chain {
  const name = textAt(chain, 'name') ?? '';
  const hook = hookOf(chain);
  const lowered = rules.flatMap((rule) => rulesOf(rule, scope));
  if (hook === undefined) return { name, rules: lowered };
  const policy = textAt(chain, 'policy') === 'drop' ? 'drop' : 'accept';
  if (hook.point !== 'ingress' || hook.devices !== undefined) {
    return { name, hook, policy, rules: lowered };
  }
  return { name, hook, policy: 'accept', rules: onSomeDevice(lowered, policy) };
}

/** nft before 1.0.7 does not say in JSON which devices an ingress chain is attached to. */
function onSomeDevice(rules: readonly Rule[], policy: 'accept' | 'drop'): readonly Rule[] {
  const perhaps: Step = { test: 'opaque', text: 'on the devices of this ingress chain' };
  const last: Rule[] =
    policy === 'drop' ? [{ text: 'policy drop', steps: [perhaps, { do: 'drop' }] }] : [];
  return [...rules.map((rule) => ({ ...rule, steps: [perhaps, ...rule.steps] })), ...last];
}

const POINTS: ReadonlySet<string> = new Set([
  'ingress',
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
]);

/** Undefined too for `egress`, which no packet passes that comes in. */
function hookOf(chain: JsonObject): Hook | undefined {
  const point = textAt(chain, 'hook');
  if (point === undefined || !POINTS.has(point)) return undefined;
  const type = textAt(chain, 'type');
  const devices = listed(chain['dev']).filter((device) => typeof device === 'string');
  return {
    point: point as HookPoint,
    priority: typeof chain['prio'] === 'number' ? chain['prio'] : 0,
    type: type === 'nat' || type === 'route' ? type : 'filter',
    ...(devices.length > 0 ? { devices } : {}),
  };
}

function rulesOf(rule: JsonObject, scope: Scope): readonly Rule[] {
  const statements = statementsOf(rule);
  const { handle, line } = rule;
  const comment = textAt(rule, 'comment');
  const base = {
    ...(typeof handle === 'number' ? { handle: String(handle) } : {}),
    ...(typeof line === 'number' ? { line } : {}),
    text: printRule(statements),
    ...(comment === undefined ? {} : { comment }),
  };
  const merged = mergedMatches(statements);
  const parts = statements.flatMap((statement): readonly Part[] => {
    const [kind, value] = only(statement) ?? [];
    if (merged.has(statement) && isObject(value)) return testsOfMerged(value);
    const ordinary = kind === 'match' ? ordinarySteps(value ?? null, statements) : undefined;
    return ordinary ?? partsOfStatement(statement, scope);
  });
  return waysOf(parts, base.text).map((steps) => ({ ...base, steps }));
}

/** Writes out what can be met in several ways as a rule each. */
function waysOf(parts: readonly Part[], text: string): readonly (readonly Step[])[] {
  let ways: Step[][] = [[]];
  for (const part of parts) {
    if (!('either' in part)) {
      for (const way of ways) way.push(part);
      continue;
    }
    if (ways.length * part.either.length > MOST_WAYS || ways.some(hasChangedMark)) {
      return ways.map((way) => [...way, { do: 'opaque', text }]);
    }
    ways = ways.flatMap((way) => part.either.map((more) => [...way, ...more]));
  }
  return ways;
}

/** What is written out twice would be done twice. */
function hasChangedMark(way: readonly Step[]): boolean {
  return way.some((step) => 'do' in step);
}

import type { Chain, Field, HookPoint, Layer, Rule, Step, Table, Test } from './layer.ts';
import { type Ranges, width } from './ranges.ts';
import { type SourceRun, sourceRuns } from './source-runs.ts';

/** Which rules of a chain of order `last` a walk comes by: it takes them in two passes. */
type Pass = 'quick' | 'rest';

export interface PreparedRule {
  readonly rule: Rule;
  readonly steps: readonly Step[];
  /** Pass in which chains that it jumps to are taken. */
  readonly pass?: Pass;
}

/** A rule for one port; the tests before cut no parcel. */
export interface OnePort {
  readonly port: number;
  /** Step of the port's test. */
  readonly step: number;
}

/** A chain in the order in which its rules are asked. */
export interface PreparedChain {
  readonly layer: Layer;
  readonly table: Table;
  readonly chain: Chain;
  readonly rules: readonly PreparedRule[];
  /** Chain of the same table; absent when the table has none of that name. */
  target(name: string, pass: Pass | undefined): PreparedChain | undefined;
  /** Position of the next rule that a packet to this port may match; -1 for packets without ports. */
  next(at: number, port: number): number;
  /** The run of rules that begins at a position. */
  run(at: number): SourceRun | undefined;
  /** What the rule at a position asks of its port, when it is for one port. */
  onePort(at: number): OnePort | undefined;
}

export interface PreparedLayer {
  readonly layer: Layer;
  readonly bases: ReadonlyMap<HookPoint, readonly PreparedChain[]>;
}

/*
 * A chain of order `last` becomes one of order `first`: a quick rule ends the walk wherever it
 * matches, so the first one that matches decides whatever came before; when none does, the last of
 * the others decides. Anchors (jumps) are walked inline, so the same holds inside of them.
 */

function isJump(step: Step | undefined): boolean {
  return step !== undefined && 'do' in step && (step.do === 'jump' || step.do === 'goto');
}

const VERDICTS = new Set(['accept', 'drop', 'reject', 'return', 'jump', 'goto']);

/** What depends on the order of rules beyond who decides: turning it round would change its meaning. */
function orderly(step: Step, rule: Rule): Step {
  if ('do' in step) return VERDICTS.has(step.do) ? step : { do: 'opaque', text: rule.text };
  const byMark = step.test === 'number' && step.field.endsWith('mark');
  return byMark ? { test: 'opaque', text: rule.text } : step;
}

function orderlyRule(rule: Rule, pass: Pass | undefined): PreparedRule {
  const steps = ordered(rule.steps.map((step) => orderly(step, rule)));
  return pass === undefined ? { rule, steps } : { rule, steps, pass };
}

function lastToFirst(chain: Chain, pass: Pass | undefined, table: Table): readonly PreparedRule[] {
  const leadsOn = (rule: Rule) => {
    const jump = rule.steps.findLast(isJump);
    if (jump === undefined || !('chain' in jump)) return false;
    return table.chains.some(({ name, order }) => name === jump.chain && order === 'last');
  };
  const quick = () =>
    chain.rules.flatMap((rule) => {
      if (rule.quick === true) return [orderlyRule(rule, undefined)];
      return leadsOn(rule) ? [orderlyRule(rule, 'quick')] : [];
    });
  const rest = () =>
    chain.rules
      .filter((rule) => rule.quick !== true)
      .reverse()
      .map((rule) => orderlyRule(rule, 'rest'));
  if (pass === 'quick') return quick();
  return pass === 'rest' ? rest() : [...quick(), ...rest()];
}

/*
 * Tests before the first action are asked in an order of our own: all must hold, so the order does
 * not matter to who matches. What splits no parcel comes first, then ports: the rest of a rule for
 * one port of some network is then whole but for that port, and stays so for the rules after it.
 */
const ORDER: Partial<Record<Field, number>> = {
  'destination-port': 1,
  'source-port': 2,
  'in-device': 2,
  source: 3,
  destination: 3,
};
const TUPLE_PLACE = 4;
const LAST_PLACE = 5;

function placeOf(step: Step): number {
  if ('do' in step) return LAST_PLACE;
  if (step.test === 'opaque' || step.test === 'limit') return LAST_PLACE;
  if (step.test === 'tuple') return TUPLE_PLACE;
  return 'field' in step ? (ORDER[step.field] ?? 0) : 0;
}

function ordered(steps: readonly Step[]): readonly Step[] {
  const end = steps.findIndex((step) => 'do' in step);
  const tests = end === -1 ? steps : steps.slice(0, end);
  if (tests.every((step, at) => at === 0 || placeOf(tests[at - 1] ?? step) <= placeOf(step))) {
    return steps;
  }
  const sorted = tests.toSorted((a, b) => placeOf(a) - placeOf(b));
  return end === -1 ? sorted : [...sorted, ...steps.slice(end)];
}

function rulesOf(chain: Chain, pass: Pass | undefined, table: Table): readonly PreparedRule[] {
  if (chain.order === 'last') return lastToFirst(chain, pass, table);
  return chain.rules.map((rule) => ({ rule, steps: ordered(rule.steps) }));
}

/** A rule for more ports than this is looked at for every port. */
const PORTS_INDEXED = 64;

function isPortTest(step: Step): step is Extract<Test, { test: 'number' }> {
  return (
    'test' in step &&
    step.test === 'number' &&
    step.field === 'destination-port' &&
    step.mask === undefined &&
    step.not !== true
  );
}

/** Ports outside of which the rule does nothing; undefined: it may do something for any port. */
function portsOf({ steps }: PreparedRule): Ranges<number> | undefined {
  const firstAction = steps.findIndex((step) => 'do' in step);
  const tests = firstAction === -1 ? steps : steps.slice(0, firstAction);
  const narrow = tests.filter(isPortTest).find((test) => width(test.in) <= PORTS_INDEXED);
  return narrow?.in;
}

function onePortOf({ steps }: PreparedRule): OnePort | undefined {
  const step = steps.findIndex((one) => 'do' in one || placeOf(one) > 0);
  const test = steps[step];
  if (test === undefined || !isPortTest(test) || width(test.in) !== 1) return undefined;
  return { port: test.in[0] as number, step };
}

interface PortIndex {
  /** For each position the next rule from there that is for any port. */
  readonly nextForAny: Int32Array;
  readonly byPort: ReadonlyMap<number, readonly number[]>;
}

function indexPorts(rules: readonly PreparedRule[]): PortIndex {
  const nextForAny = new Int32Array(rules.length + 1).fill(rules.length);
  const byPort = new Map<number, number[]>();
  rules.forEach((rule, at) => {
    const ports = portsOf(rule);
    if (ports === undefined) nextForAny[at] = at;
    else addPorts(byPort, ports, at);
  });
  for (let at = rules.length - 1; at >= 0; at -= 1) {
    if (nextForAny[at] !== at) nextForAny[at] = nextForAny[at + 1] as number;
  }
  return { nextForAny, byPort };
}

function addPorts(byPort: Map<number, number[]>, ports: Ranges<number>, at: number): void {
  for (let bound = 0; bound < ports.length; bound += 2) {
    for (let port = ports[bound] as number; port < (ports[bound + 1] as number); port += 1) {
      const rules = byPort.get(port);
      if (rules === undefined) byPort.set(port, [at]);
      else rules.push(at);
    }
  }
}

function firstFrom(sorted: readonly number[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return sorted[low] ?? Number.POSITIVE_INFINITY;
}

const NO_RULES: readonly number[] = [];

type Target = PreparedChain['target'];

function prepareChain(
  layer: Layer,
  table: Table,
  chain: Chain,
  pass: Pass | undefined,
  target: Target,
): PreparedChain {
  const rules = rulesOf(chain, pass, table);
  let index: PortIndex | undefined;
  const next = (at: number, port: number) => {
    if (at >= rules.length) return at;
    index ??= indexPorts(rules);
    const forAny = index.nextForAny[at] as number;
    return Math.min(forAny, firstFrom(index.byPort.get(port) ?? NO_RULES, at));
  };
  let runs: ReadonlyMap<number, SourceRun> | undefined;
  const run = (at: number) => {
    runs ??= sourceRuns(rules.map(({ steps }) => steps));
    return runs.get(at);
  };
  let ports: readonly (OnePort | undefined)[] | undefined;
  const onePort = (at: number) => {
    ports ??= rules.map(onePortOf);
    return ports[at];
  };
  return { layer, table, chain, rules, target, next, run, onePort };
}

function prepareTable(layer: Layer, table: Table): readonly PreparedChain[] {
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]));
  const byPass = {
    quick: new Map<string, PreparedChain>(),
    rest: new Map<string, PreparedChain>(),
    both: new Map<string, PreparedChain>(),
  };
  const target: Target = (name, pass) => {
    const known = byPass[pass ?? 'both'];
    const before = known.get(name);
    const chain = byName.get(name);
    if (before !== undefined || chain === undefined) return before;
    const fresh = prepareChain(layer, table, chain, pass, target);
    known.set(name, fresh);
    return fresh;
  };
  const bases = table.chains.filter(({ hook }) => hook !== undefined);
  return bases.flatMap(({ name }) => target(name, undefined) ?? []);
}

function prepare(layer: Layer): PreparedLayer {
  const bases = new Map<HookPoint, PreparedChain[]>();
  const tables = layer.tables.filter(
    ({ family, dormant }) => family !== 'bridge' && family !== 'arp' && dormant !== true,
  );
  for (const base of tables.flatMap((table) => prepareTable(layer, table))) {
    const point = base.chain.hook?.point ?? 'input';
    const known = bases.get(point);
    if (known === undefined) bases.set(point, [base]);
    else known.push(base);
  }
  return { layer, bases };
}

const preparedLayers = new WeakMap<Layer, PreparedLayer>();

/** Made once for each layer object: layers never change. */
export function prepared(layer: Layer): PreparedLayer {
  const known = preparedLayers.get(layer) ?? prepare(layer);
  preparedLayers.set(layer, known);
  return known;
}

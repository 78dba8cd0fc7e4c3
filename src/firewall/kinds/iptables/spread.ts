import type { Action, Chain, Rule, Step, Test } from '../../layer.ts';
import { type Ranges, union } from '../../ranges.ts';

type Dnat = Extract<Action, { do: 'dnat' }>;

/** Where a chain sends what is not from its own addresses (kube-proxy's KUBE-SEP-…). */
interface End {
  readonly tests: readonly Test[];
  readonly dnat: Dnat;
  /** Sources for which other rules come first: an endpoint that asks itself. */
  readonly except: Ranges<bigint>;
}

/**
 * A load balancer chooses one of several chains by chance (`-m statistic`, `-m recent`) and each
 * translates to its own endpoint. Which is taken cannot be told; that it is one of them can. A rule
 * that says so is put in front, for all sources that no endpoint treats apart; the others stay.
 */
export function withSpread(chains: readonly Chain[]): readonly Chain[] {
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  return chains.map((chain) => {
    const rules = chain.rules.flatMap((rule, at) => [...spreadAt(chain.rules, at, byName), rule]);
    return rules.length === chain.rules.length ? chain : { ...chain, rules };
  });
}

/** The rule to be put in front of a run of choices that begins at `at`. */
function spreadAt(
  rules: readonly Rule[],
  at: number,
  chains: ReadonlyMap<string, Chain>,
): readonly Rule[] {
  const first = rules[at];
  const before = rules[at - 1];
  if (first === undefined || !isChoice(first) || (before !== undefined && isChoice(before)))
    return [];
  const past = rules.findIndex((rule, index) => index > at && !isChoice(rule));
  const last = rules[past];
  if (last === undefined || testsOf(last).length > 0) return [];
  const ends = rules.slice(at, past + 1).map((rule) => endOf(rule, chains));
  if (!ends.every((end) => end !== null)) return [];
  const joined = join(ends);
  return joined === null ? [] : [{ ...last, steps: joined }];
}

function testsOf({ steps }: Rule): readonly Test[] {
  return steps.filter((step): step is Test => 'test' in step);
}

function actionOf({ steps }: Rule): Action | undefined {
  const actions = steps.filter((step): step is Action => 'do' in step);
  return actions.length === 1 ? actions[0] : undefined;
}

/** A jump by nothing but chance. */
function isChoice(rule: Rule): boolean {
  const tests = testsOf(rule);
  const chance = tests.length > 0 && tests.every(({ test }) => test === 'opaque');
  return chance && actionOf(rule)?.do === 'jump';
}

function endOf(rule: Rule, chains: ReadonlyMap<string, Chain>): End | null {
  const action = actionOf(rule);
  if (action?.do !== 'jump') return null;
  const rules = chains.get(action.chain)?.rules ?? [];
  const last = rules.at(-1);
  const dnat = last && actionOf(last);
  if (last === undefined || dnat?.do !== 'dnat') return null;
  const tests = testsOf(last);
  const except = rules.slice(0, -1).map(sourcesOf);
  const plain = tests.every((test) => test.test === 'number' && test.field === 'protocol');
  if (!plain || !except.every((sources) => sources !== null)) return null;
  return { tests, dnat, except: except.reduce<Ranges<bigint>>(union, []) };
}

/** Sources that a rule is for, and no others. */
function sourcesOf(rule: Rule): Ranges<bigint> | null {
  const test = testsOf(rule).find((each) => each.test === 'address' && each.field === 'source');
  return test?.test === 'address' && test.not !== true ? test.in.ranges : null;
}

function join(ends: readonly End[]): readonly Step[] | null {
  const [first] = ends;
  const family = first?.dnat.to?.family;
  if (first === undefined || family === undefined) return null;
  const alike = ends.every(
    ({ tests, dnat }) =>
      JSON.stringify(tests) === JSON.stringify(first.tests) &&
      dnat.to?.family === family &&
      (dnat.ports === undefined) === (first.dnat.ports === undefined),
  );
  if (!alike) return null;
  const except = ends.map((end) => end.except).reduce(union);
  const to = ends.map(({ dnat }) => dnat.to?.ranges ?? []).reduce(union);
  const ports = ends.map(({ dnat }) => dnat.ports ?? []).reduce(union);
  return [
    { test: 'address', field: 'source', in: { family, ranges: except }, not: true },
    ...first.tests,
    { do: 'dnat', to: { family, ranges: to }, ...(ports.length === 0 ? {} : { ports }) },
  ];
}

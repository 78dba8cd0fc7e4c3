import type { Layer, Rule, Step, Test } from './layer.ts';

/**
 * What is known of a condition that no packet carries, by its key and value (`program`,
 * `C:\\nginx.exe`): it holds, it does not, it is another test, or nobody knows.
 */
export type Knowledge = (key: string, value: string) => boolean | Test | undefined;

const CONDITION = /^([a-z-]+)=(.*)$/s;

function settle(step: Step, know: Knowledge): Step[] {
  if (!('test' in step) || step.test !== 'opaque') return [step];
  const [, key, value] = CONDITION.exec(step.text) ?? [];
  const known = key === undefined || value === undefined ? undefined : know(key, value);
  if (known === undefined) return [step];
  if (known === true) return [];
  return [known === false ? { test: 'never' } : known];
}

function settleRule(rule: Rule, know: Knowledge): Rule {
  if (!rule.steps.some((step) => 'test' in step && step.test === 'opaque')) return rule;
  return { ...rule, steps: rule.steps.flatMap((step) => settle(step, know)) };
}

/**
 * The layer as it is when more is known: opaque tests of the form `key=value` are replaced. Readers
 * write such tests for what their text alone does not tell (see `forProgram`, `onMachine`).
 */
export function assume(layer: Layer, know: Knowledge): Layer {
  return {
    ...layer,
    tables: layer.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((rule) => settleRule(rule, know)),
      })),
    })),
  };
}

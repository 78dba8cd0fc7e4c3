import type { Decision, VerdictRule } from '../rule.ts';

/** Ports listed with --show that are not open. */
export const notOpen: VerdictRule = {
  ids: ['port.not-open'],
  decide({ state }): Decision | null {
    if (state === 'open') return null;
    return {
      rule: 'port.not-open',
      level: 'expected',
      why: `The port is not open (${state}), so there is nothing to judge.`,
      todo: '',
      evidence: [],
    };
  },
};

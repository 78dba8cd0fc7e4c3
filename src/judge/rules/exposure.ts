import { EXPOSURES } from '../data/exposures.ts';
import type { Decision, VerdictRule } from '../rule.ts';
import { serviceName } from '../subject.ts';

/** What the service is decides, whatever the port number. */
export const exposure: VerdictRule = {
  ids: [...new Set(Object.values(EXPOSURES).map(({ rule }) => rule))],
  decide(subject): Decision | null {
    if (!Object.hasOwn(EXPOSURES, subject.protocol)) return null;
    const found = EXPOSURES[subject.protocol];
    if (found === undefined) return null;
    return { ...found, evidence: [`service: ${serviceName(subject)}`] };
  },
};

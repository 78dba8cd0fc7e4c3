import type { Decision, VerdictRule } from '../rule.ts';
import { type Subject, serviceName } from '../subject.ts';

function findOut({ transport }: Subject): string {
  const tool = transport === 'tcp' ? 'ss -ltnp' : 'ss -lunp';
  return `Find out which program listens there (${tool} on the host), then close it or put it into the policy.`;
}

/** Nothing is known of the service and its number says nothing. */
export const unknown: VerdictRule = {
  ids: ['unknown.silent', 'unknown.service'],
  decide(subject): Decision {
    if (subject.knowledge === 'silent') {
      return {
        rule: 'unknown.silent',
        level: 'unknown',
        why: 'The port accepts connections but stays silent, so nothing can be said for it.',
        todo: findOut(subject),
        evidence: ['service: none'],
      };
    }
    const why = {
      'not-asked': 'Nobody asked what answers, and the port number says nothing.',
      unrecognised: 'Something answers that was not recognised, so nothing can be said for it.',
      known: `${serviceName(subject)} answers, which nothing is known for or against.`,
    };
    return {
      rule: 'unknown.service',
      level: 'unknown',
      why: why[subject.knowledge],
      todo: findOut(subject),
      evidence: [`service: ${subject.knowledge === 'known' ? serviceName(subject) : 'unknown'}`],
    };
  },
};

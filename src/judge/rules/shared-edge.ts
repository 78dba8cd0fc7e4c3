import type { SharedEdge } from '../../model/scan.ts';
import type { Decision, VerdictRule } from '../rule.ts';
import { isWeb, type Subject, serviceName } from '../subject.ts';

/** Whether the address is the edge's by the provider's own word. */
export function isAtEdge({ edge }: Subject): boolean {
  return edge?.basis === 'list';
}

function evidenceOf({ provider, evidence }: SharedEdge): readonly string[] {
  return [`edge.provider: ${provider}`, ...evidence.map((fact) => `edge.evidence: ${fact}`)];
}

/** Something else than a web server: an edge has none of its own, unless it forwards the port. */
function forwarded(edge: SharedEdge, subject: Subject): Decision {
  const { provider } = edge;
  return {
    rule: 'edge.forwarded-service',
    level: 'unknown',
    why: `${serviceName(subject)} answers on port ${subject.port} of an address that ${provider} shares among its customers: it is ${provider}’s own, or somebody lets ${provider} forward this port.`,
    todo: `If it is you who lets ${provider} forward this port, judge the service where it runs.`,
    evidence: [...evidenceOf(edge), `service: ${serviceName(subject)}`],
  };
}

/**
 * Which ports an address of a shared edge has open is decided by its provider. What is served through
 * it under the customer's own name is found by other rules.
 */
export const sharedEdge: VerdictRule = {
  ids: ['edge.shared-port', 'edge.forwarded-service'],
  decide(subject): Decision | null {
    const { edge } = subject;
    if (edge?.basis !== 'list') return null;
    const named = subject.knowledge === 'known' && subject.protocol !== 'tls';
    if (named && !isWeb(subject)) return forwarded(edge, subject);
    const { provider } = edge;
    return {
      rule: 'edge.shared-port',
      level: 'expected',
      why: `The address is ${provider}’s, shared among its customers: which ports it has open is ${provider}’s decision, not that of your firewall.`,
      todo: '',
      evidence: evidenceOf(edge),
    };
  },
};

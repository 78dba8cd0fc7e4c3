import type { Policy } from '../../model/policy.ts';
import { admits, type PolicyView, policyView } from '../policy-view.ts';
import type { Decision, VerdictRule } from '../rule.ts';
import { type Subject, serviceName } from '../subject.ts';
import { isAtEdge } from './shared-edge.ts';

type Expected = PolicyView['expect'][number];

/** Words that people use for one another. */
const SAME: readonly ReadonlySet<string>[] = [
  new Set(['https', 'http2']),
  new Set(['mysql', 'mariadb']),
];

function sameService(wanted: string, seen: string): boolean {
  const word = wanted.toLowerCase();
  return word === seen || SAME.some((words) => words.has(word) && words.has(seen));
}

/** TLS around something unknown may be any service. */
function isOther({ service }: Expected, { protocol }: Subject): boolean {
  if (service === undefined || protocol === '' || protocol === 'tls') return false;
  return !sameService(service, protocol);
}

/**
 * A look over loopback comes from nowhere: it proves nothing about outsiders. A shared edge accepts
 * every connection, and lets through whom it wants later.
 */
function isOutside(expectation: Expected, subject: Subject): boolean {
  const { source, overLoopback } = subject;
  if (source === undefined || overLoopback || isAtEdge(subject)) return false;
  return !admits(expectation, source);
}

function because({ reason }: Expected): string {
  return reason === undefined ? '' : ` ("${reason}")`;
}

function expected(expectation: Expected, { port, source, overLoopback }: Subject): Decision {
  const from = expectation.from?.join(', ');
  const untold = source === undefined || overLoopback;
  const whence =
    from === undefined ? '' : ` from ${from}${untold ? ', which this look cannot check' : ''}`;
  return {
    rule: 'policy.expected',
    level: 'expected',
    why: `The policy expects port ${port} here${whence}${because(expectation)}.`,
    todo: '',
    evidence: [],
  };
}

function otherService(expectation: Expected, subject: Subject): Decision {
  const { protocol, product } = subject;
  const seen = product === undefined ? protocol : `${protocol} (${serviceName(subject)})`;
  return {
    rule: 'policy.other-service',
    level: 'close',
    why: `The policy expects ${expectation.service} on port ${subject.port}${because(expectation)}, but ${seen} answers.`,
    todo: 'Find out which program listens there; stop it, or correct the service in the policy.',
    evidence: [`policy.service: ${expectation.service}`, `service: ${subject.protocol}`],
  };
}

function outside(expectation: Expected, { port, source }: Subject): Decision {
  const from = expectation.from?.join(', ') ?? '';
  return {
    rule: 'policy.outside-networks',
    level: 'restrict',
    why: `The policy expects port ${port} from ${from} only${because(expectation)}, but ${source} reached it.`,
    todo: `Let the firewall pass port ${port} from ${from} only.`,
    evidence: [`policy.from: ${from}`, `source: ${source}`],
  };
}

function notExpected({ port, transport }: Subject): Decision {
  return {
    rule: 'policy.not-expected',
    level: 'close',
    why: `The policy wants nothing open on this host that it does not name, and ${transport} port ${port} is open.`,
    todo: 'Stop the program or close the port in the firewall; if it is needed, add it to the policy with its reason.',
    evidence: ['policy.only: true'],
  };
}

function fault(expectation: Expected, subject: Subject): Decision | null {
  if (isOther(expectation, subject)) return otherService(expectation, subject);
  return isOutside(expectation, subject) ? outside(expectation, subject) : null;
}

/** What a shared edge has open besides is not for the policy's reader to close. */
function isRefused({ only }: PolicyView, subject: Subject): boolean {
  return only && !isAtEdge(subject);
}

/** The user's own word comes before every rule of ours. */
export function byPolicy(policy: Policy): VerdictRule {
  return {
    ids: [
      'policy.expected',
      'policy.other-service',
      'policy.outside-networks',
      'policy.not-expected',
    ],
    decide(subject): Decision | null {
      const view = policyView(policy, subject, subject.transport, subject.port);
      const [first] = view.expect;
      if (first === undefined) return isRefused(view, subject) ? notExpected(subject) : null;
      const met = view.expect.find((expectation) => fault(expectation, subject) === null);
      return met === undefined ? fault(first, subject) : expected(met, subject);
    },
  };
}

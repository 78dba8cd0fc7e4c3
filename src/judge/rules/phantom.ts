import type { PhantomKind } from '../../model/scan.ts';
import type { Decision, VerdictRule } from '../rule.ts';

const HOW: Readonly<Record<PhantomKind, string>> = {
  'zero-window': 'take a connection and then not a byte',
  'never-acknowledges': 'take a connection and never acknowledge what is sent',
  'reset-after-handshake': 'take a connection and tear it down at once',
  'same-answer-everywhere': 'give one and the same answer on every port',
  'answers-everywhere': 'take connections on every port and say nothing',
  tarpit: 'hold whoever connects with words that never end',
};

/** Nothing is behind these ports, so their numbers say nothing and no policy is broken. */
export const phantom: VerdictRule = {
  ids: ['phantom.ports'],
  decide({ phantoms }): Decision | null {
    if (phantoms === undefined) return null;
    const { kind, count, ports, transport, confidence, evidence } = phantoms;
    const subject = count === 1 ? '1 open port is a phantom' : `${count} open ports are phantoms`;
    return {
      rule: 'phantom.ports',
      level: 'unknown',
      why: `${subject}: a device or program in front of this host makes them ${HOW[kind]}, and no service is behind them.`,
      todo: 'Find out which firewall, SYN proxy or tarpit answers for this host; a real service behind it shows when it is scanned from a place the device lets through.',
      evidence: [
        `ports: ${transport} ${ports}`,
        `kind: ${kind}`,
        `confidence: ${confidence}`,
        ...evidence.map((fact) => `seen: ${fact}`),
      ],
    };
  },
};

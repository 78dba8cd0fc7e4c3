import type { Severity } from '../../model/verdict.ts';
import type { FindingRule } from '../rule.ts';
import { serviceName } from '../subject.ts';

/** From this factor on; the worst known reach thousands (memcached, US-CERT TA14-017A). */
const HIGH_FROM = 50;
const MEDIUM_FROM = 10;

function severityOf(factor: number): Severity {
  if (factor >= HIGH_FROM) return 'high';
  return factor >= MEDIUM_FROM ? 'medium' : 'low';
}

/** Questions with a forged sender turn such a port on whoever they name. */
export const amplifier: FindingRule = {
  ids: ['udp.amplifier'],
  check(subject) {
    const { amplification } = subject;
    if (amplification == null) return [];
    const { sent, received, factor } = amplification;
    return [
      {
        rule: 'udp.amplifier',
        severity: severityOf(factor),
        why: `${serviceName(subject)} answered ${sent} bytes with ${received}, ${factor} times as much: attackers forge the sender of such questions and flood others with the answers.`,
        todo: 'Close the port to strangers, or limit how much is answered and to whom.',
        evidence: [`amplification: ${sent} bytes sent, ${received} received, factor ${factor}`],
      },
    ];
  },
};

import { expect, it } from 'vitest';
import { DATAGRAM_PROTOCOLS } from '../../src/identify/datagrams.ts';
import { PROTOCOLS } from '../../src/identify/registry.ts';
import { judge } from '../../src/judge/judge.ts';
import { NO_POLICY } from '../../src/model/policy.ts';
import { FROM_OUTSIDE, openPort } from '../helpers/looks.ts';

/** A port that says nothing by its number. */
const NO_NUMBER = 61_001;
/** TLS is a layer: what is inside decides. */
const NO_OPINION = ['tls', 'dtls'];

it('the judge has an opinion about every protocol that is identified', () => {
  const all = [
    ...PROTOCOLS.map(({ name, transport }) => ({ protocol: name, transport })),
    ...DATAGRAM_PROTOCOLS.map(({ name }) => ({ protocol: name, transport: 'udp' as const })),
  ];
  const unheard = all.filter(({ protocol, transport }) => {
    const input = openPort(NO_NUMBER, { protocol }, { transport });
    return judge(input, NO_POLICY, FROM_OUTSIDE).verdict.rule.startsWith('unknown.');
  });
  const silent = unheard.map(({ protocol }) => protocol);
  // a row in src/judge/data/exposures.ts or a protocol in web-applications.ts gives one
  expect(silent).toEqual(NO_OPINION);
});

import { expect, it } from 'vitest';
import { PROTOCOLS } from '../../src/identify/registry.ts';
import { judge } from '../../src/judge/judge.ts';
import { NO_POLICY } from '../../src/model/policy.ts';
import { FROM_OUTSIDE, openPort } from '../helpers/looks.ts';

/** A port that says nothing by its number. */
const NO_NUMBER = 61_001;
/** TLS is a layer: what is inside decides. */
const NO_OPINION = ['tls'];

it('the judge has an opinion about every protocol that is identified', () => {
  const silent = PROTOCOLS.map(({ name }) => name).filter((protocol) => {
    const { verdict } = judge(openPort(NO_NUMBER, { protocol }), NO_POLICY, FROM_OUTSIDE);
    return verdict.rule.startsWith('unknown.');
  });
  // a row in src/judge/data/exposures.ts or a protocol in web-applications.ts gives one
  expect(silent).toEqual(NO_OPINION);
});

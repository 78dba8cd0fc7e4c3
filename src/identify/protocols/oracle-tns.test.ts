import { expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { decodeVersion, oracleTns, readTnsAnswer } from './oracle-tns.ts';

const seeds = readFixtures('oracle-tns').flatMap(repliesOf);

itIdentifiesItsFixtures(oracleTns);

itNeverThrows('readTnsAnswer', readTnsAnswer, seeds);

// Oracle's documentation of v$version and AUTH_VERSION_NO; 18 and later are split differently.
it.each([
  [318767104, '19.0.0.0.0'],
  [186647552, '11.2.0.4.0'],
  [202375680, '12.1.0.2.0'],
  [0x15030000, '21.3.0.0.0'],
])('VSNNUM %d is %s', (number, version) => expect(decodeVersion(number)).toBe(version));

import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import {
  readRfbVersion,
  readSecurityList,
  readSecurityType,
  readVeNCryptTypes,
  vnc,
} from './vnc.ts';

const seeds = readFixtures('vnc').flatMap(repliesOf);

itIdentifiesItsFixtures(vnc);

describe('readRfbVersion', () => {
  it.each([
    ['RFB 003.008\n', [3, 8]],
    ['RFB 005.000\n', [5, 0]],
    ['RFB 3.8\n', null],
    ['RFB 003.008', null],
  ])('%j', (text, version) => expect(readRfbVersion(Buffer.from(text))).toEqual(version));
});

itNeverThrows('readRfbVersion', readRfbVersion, seeds);
itNeverThrows('readSecurityList', readSecurityList, seeds);
itNeverThrows('readSecurityType', readSecurityType, seeds);
itNeverThrows('readVeNCryptTypes', readVeNCryptTypes, seeds);

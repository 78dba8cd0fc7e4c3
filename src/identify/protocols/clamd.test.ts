import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { clamd, readClamdVersion } from './clamd.ts';

const seeds = readFixtures('clamd').flatMap(repliesOf);

itIdentifiesItsFixtures(clamd);

itNeverThrows('readClamdVersion', readClamdVersion, seeds);

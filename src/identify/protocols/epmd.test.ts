import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { epmd, readNames } from './epmd.ts';

const seeds = readFixtures('epmd').flatMap(repliesOf);

itIdentifiesItsFixtures(epmd);

itNeverThrows('readNames', readNames, seeds);

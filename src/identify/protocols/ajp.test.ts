import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { ajp, readCpong } from './ajp.ts';

const seeds = readFixtures('ajp').flatMap(repliesOf);

itIdentifiesItsFixtures(ajp);

itNeverThrows('readCpong', readCpong, seeds);

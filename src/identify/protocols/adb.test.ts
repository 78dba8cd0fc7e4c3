import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { adb, readAdbBanner, readAdbMessage } from './adb.ts';

const seeds = readFixtures('adb').flatMap(repliesOf);

itIdentifiesItsFixtures(adb);

itNeverThrows('readAdbMessage', readAdbMessage, seeds);
itNeverThrows('readAdbBanner', readAdbBanner, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { gpsd, readGpsdVersion } from './gpsd.ts';

const seeds = readFixtures('gpsd').flatMap(repliesOf);

itIdentifiesItsFixtures(gpsd);

itNeverThrows('readGpsdVersion', readGpsdVersion, seeds);

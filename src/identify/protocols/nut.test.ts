import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { nut, readNutDevices, readNutVersion } from './nut.ts';

const seeds = readFixtures('nut').flatMap(repliesOf);

itIdentifiesItsFixtures(nut);

itNeverThrows('readNutVersion', readNutVersion, seeds);
itNeverThrows('readNutDevices', readNutDevices, seeds);

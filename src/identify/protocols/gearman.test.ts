import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { gearman, readGearmanEcho, readGearmanVersion } from './gearman.ts';

const seeds = readFixtures('gearman').flatMap(repliesOf);

itIdentifiesItsFixtures(gearman);

itNeverThrows('readGearmanEcho', readGearmanEcho, seeds);
itNeverThrows('readGearmanVersion', readGearmanVersion, seeds);

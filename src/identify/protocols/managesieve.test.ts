import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { managesieve, readSieveCapabilities } from './managesieve.ts';

const seeds = readFixtures('managesieve').flatMap(repliesOf);

itIdentifiesItsFixtures(managesieve);

itNeverThrows('readSieveCapabilities', readSieveCapabilities, seeds);

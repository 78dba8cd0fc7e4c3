import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readSrvr, zookeeper } from './zookeeper.ts';

const seeds = readFixtures('zookeeper').flatMap(repliesOf);

itIdentifiesItsFixtures(zookeeper);

itNeverThrows('readSrvr', readSrvr, seeds);

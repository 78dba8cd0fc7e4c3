import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { aerospike, readInfo } from './aerospike.ts';

const seeds = readFixtures('aerospike').flatMap(repliesOf);

itIdentifiesItsFixtures(aerospike);

itNeverThrows('readInfo', readInfo, seeds);

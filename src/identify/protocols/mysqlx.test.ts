import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { mysqlx, readCapabilities, readProtobuf } from './mysqlx.ts';

const seeds = readFixtures('mysqlx').flatMap(repliesOf);

itIdentifiesItsFixtures(mysqlx);

itNeverThrows('readProtobuf', readProtobuf, seeds);
itNeverThrows('readCapabilities', readCapabilities, seeds);

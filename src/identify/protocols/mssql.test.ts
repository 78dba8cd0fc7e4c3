import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { mssql, readPrelogin } from './mssql.ts';

const seeds = readFixtures('mssql').flatMap(repliesOf);

itIdentifiesItsFixtures(mssql);

itNeverThrows('readPrelogin', readPrelogin, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readFirstMessage, rethinkdb } from './rethinkdb.ts';

const seeds = readFixtures('rethinkdb').flatMap(repliesOf);

itIdentifiesItsFixtures(rethinkdb);

itNeverThrows('readFirstMessage', readFirstMessage, seeds);

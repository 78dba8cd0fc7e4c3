import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { mongodb, readMongoReply } from './mongodb.ts';

const seeds = readFixtures('mongodb').flatMap(repliesOf);

itIdentifiesItsFixtures(mongodb);

itNeverThrows('readMongoReply', readMongoReply, seeds);

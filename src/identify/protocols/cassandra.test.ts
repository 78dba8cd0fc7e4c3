import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { cassandra, readCqlFrame, readSingleText, readSupported } from './cassandra.ts';

const seeds = readFixtures('cassandra').flatMap(repliesOf);

itIdentifiesItsFixtures(cassandra);

itNeverThrows('readCqlFrame', readCqlFrame, seeds);
itNeverThrows('readSingleText', readSingleText, seeds);
itNeverThrows('readSupported', readSupported, seeds);

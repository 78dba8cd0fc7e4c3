import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { dict, readDictGreeting } from './dict.ts';

const seeds = readFixtures('dict').flatMap(repliesOf);

itIdentifiesItsFixtures(dict);

itNeverThrows('readDictGreeting', readDictGreeting, seeds);

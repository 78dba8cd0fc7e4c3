import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readSpamdAnswer, spamd } from './spamd.ts';

const seeds = readFixtures('spamd').flatMap(repliesOf);

itIdentifiesItsFixtures(spamd);

itNeverThrows('readSpamdAnswer', readSpamdAnswer, seeds);

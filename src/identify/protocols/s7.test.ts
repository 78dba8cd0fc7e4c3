import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readCotpConfirm, readS7Setup, s7 } from './s7.ts';

const seeds = readFixtures('s7').flatMap(repliesOf);

itIdentifiesItsFixtures(s7);

itNeverThrows('readCotpConfirm', readCotpConfirm, seeds);
itNeverThrows('readS7Setup', readS7Setup, seeds);

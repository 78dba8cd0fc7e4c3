import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readMethodSelection, socks5 } from './socks5.ts';

const seeds = readFixtures('socks5').flatMap(repliesOf);

itIdentifiesItsFixtures(socks5);

itNeverThrows('readMethodSelection', readMethodSelection, seeds);

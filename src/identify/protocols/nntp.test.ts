import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { nntp, readNntpCapabilities } from './nntp.ts';

const seeds = readFixtures('nntp').flatMap(repliesOf);

itIdentifiesItsFixtures(nntp);

itNeverThrows('readNntpCapabilities', readNntpCapabilities, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { bgp, readBgpMessage } from './bgp.ts';

const seeds = readFixtures('bgp').flatMap(repliesOf);

itIdentifiesItsFixtures(bgp);

itNeverThrows('readBgpMessage', readBgpMessage, seeds);

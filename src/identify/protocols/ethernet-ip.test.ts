import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { ethernetIp, readIdentity } from './ethernet-ip.ts';

const seeds = readFixtures('ethernet-ip').flatMap(repliesOf);

itIdentifiesItsFixtures(ethernetIp);

itNeverThrows('readIdentity', readIdentity, seeds);

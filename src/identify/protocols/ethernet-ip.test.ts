import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readIdentity } from '../cip-identity.ts';
import { ethernetIp } from './ethernet-ip.ts';

const seeds = readFixtures('ethernet-ip').flatMap(repliesOf);

itIdentifiesItsFixtures(ethernetIp);

itNeverThrows('readIdentity', readIdentity, seeds);

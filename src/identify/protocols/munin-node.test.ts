import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { muninNode, readMuninGreeting, readMuninVersion } from './munin-node.ts';

const seeds = readFixtures('munin-node').flatMap(repliesOf);

itIdentifiesItsFixtures(muninNode);

itNeverThrows('readMuninGreeting', readMuninGreeting, seeds);
itNeverThrows('readMuninVersion', readMuninVersion, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { bolt, boltFrame, readBoltVersion, readServerAgent } from './bolt.ts';

const seeds = readFixtures('bolt').flatMap(repliesOf);

itIdentifiesItsFixtures(bolt);

itNeverThrows('readBoltVersion', readBoltVersion, seeds);
itNeverThrows('readServerAgent', readServerAgent, seeds);
itNeverThrows('boltFrame', boltFrame, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { openwire, readWireFormat } from './openwire.ts';

const seeds = readFixtures('openwire').flatMap(repliesOf);

itIdentifiesItsFixtures(openwire);

itNeverThrows('readWireFormat', readWireFormat, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { modbus, readDeviceIdentification } from './modbus.ts';

const seeds = readFixtures('modbus').flatMap(repliesOf);

itIdentifiesItsFixtures(modbus);

itNeverThrows('readDeviceIdentification', readDeviceIdentification, seeds);

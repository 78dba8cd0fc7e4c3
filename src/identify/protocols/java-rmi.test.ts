import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { javaRmi, readProtocolAck } from './java-rmi.ts';

const seeds = readFixtures('java-rmi').flatMap(repliesOf);

itIdentifiesItsFixtures(javaRmi);

itNeverThrows('readProtocolAck', readProtocolAck, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { opcUa, readHelloAnswer } from './opc-ua.ts';

const seeds = readFixtures('opc-ua').flatMap(repliesOf);

itIdentifiesItsFixtures(opcUa);

itNeverThrows('readHelloAnswer', readHelloAnswer, seeds);

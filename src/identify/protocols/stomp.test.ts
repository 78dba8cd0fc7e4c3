import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readStompFrame, stomp } from './stomp.ts';

const seeds = readFixtures('stomp').flatMap(repliesOf);

itIdentifiesItsFixtures(stomp);

itNeverThrows('readStompFrame', readStompFrame, seeds);

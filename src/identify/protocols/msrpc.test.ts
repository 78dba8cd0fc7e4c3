import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { msrpc, readBindAnswer } from './msrpc.ts';

const seeds = readFixtures('msrpc').flatMap(repliesOf);

itIdentifiesItsFixtures(msrpc);

itNeverThrows('readBindAnswer', readBindAnswer, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { iec104, readTestConfirm } from './iec104.ts';

const seeds = readFixtures('iec104').flatMap(repliesOf);

itIdentifiesItsFixtures(iec104);

itNeverThrows('readTestConfirm', readTestConfirm, seeds);

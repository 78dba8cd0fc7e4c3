import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { finger, readFingerAnswer } from './finger.ts';

const seeds = readFixtures('finger').flatMap(repliesOf);

itIdentifiesItsFixtures(finger);

itNeverThrows('readFingerAnswer', readFingerAnswer, seeds);

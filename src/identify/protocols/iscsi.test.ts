import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { iscsi, readLoginResponse } from './iscsi.ts';

const seeds = readFixtures('iscsi').flatMap(repliesOf);

itIdentifiesItsFixtures(iscsi);

itNeverThrows('readLoginResponse', readLoginResponse, seeds);

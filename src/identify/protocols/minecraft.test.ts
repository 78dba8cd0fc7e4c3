import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { minecraft, readStatus, statusFrame } from './minecraft.ts';

const seeds = readFixtures('minecraft').flatMap(repliesOf);

itIdentifiesItsFixtures(minecraft);

itNeverThrows('readStatus', readStatus, seeds);
itNeverThrows('statusFrame', statusFrame, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { pptp, readStartReply } from './pptp.ts';

const seeds = readFixtures('pptp').flatMap(repliesOf);

itIdentifiesItsFixtures(pptp);

itNeverThrows('readStartReply', readStartReply, seeds);

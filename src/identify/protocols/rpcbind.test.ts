import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readProgramList } from '../rpc-programs.ts';
import { rpcbind } from './rpcbind.ts';

const seeds = readFixtures('rpcbind').flatMap(repliesOf);

itIdentifiesItsFixtures(rpcbind);

itNeverThrows('readProgramList', readProgramList, seeds);

import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { readVmwareGreeting, vmwareAuth } from './vmware-auth.ts';

const seeds = readFixtures('vmware-auth').flatMap(repliesOf);

itIdentifiesItsFixtures(vmwareAuth);

itNeverThrows('readVmwareGreeting', readVmwareGreeting, seeds);

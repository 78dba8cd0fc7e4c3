import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { kerberos, readKerberosError } from './kerberos.ts';

const seeds = readFixtures('kerberos').flatMap(repliesOf);

itIdentifiesItsFixtures(kerberos);

itNeverThrows('readKerberosError', readKerberosError, seeds);

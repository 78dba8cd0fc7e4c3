import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { mariadb } from './mariadb.ts';

itIdentifiesItsFixtures(mariadb);

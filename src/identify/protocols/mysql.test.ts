import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { mysql } from './mysql.ts';

itIdentifiesItsFixtures(mysql);

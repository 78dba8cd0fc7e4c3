import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { nfs } from './nfs.ts';

itIdentifiesItsFixtures(nfs);

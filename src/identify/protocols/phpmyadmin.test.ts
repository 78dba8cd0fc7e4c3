import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { phpmyadmin } from './phpmyadmin.ts';

describe('phpmyadmin', () => {
  itIdentifiesItsFixtures(phpmyadmin);
});

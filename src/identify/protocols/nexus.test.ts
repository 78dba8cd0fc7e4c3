import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { nexus } from './nexus.ts';

describe('nexus', () => {
  itIdentifiesItsFixtures(nexus);
});

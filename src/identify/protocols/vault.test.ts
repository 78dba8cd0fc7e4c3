import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { vault } from './vault.ts';

describe('vault', () => {
  itIdentifiesItsFixtures(vault);
});

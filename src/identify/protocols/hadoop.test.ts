import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { hadoop } from './hadoop.ts';

describe('hadoop', () => {
  itIdentifiesItsFixtures(hadoop);
});

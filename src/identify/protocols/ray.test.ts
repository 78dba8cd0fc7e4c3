import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { ray } from './ray.ts';

describe('ray', () => {
  itIdentifiesItsFixtures(ray);
});

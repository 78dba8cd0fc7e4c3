import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { consul } from './consul.ts';

describe('consul', () => {
  itIdentifiesItsFixtures(consul);
});

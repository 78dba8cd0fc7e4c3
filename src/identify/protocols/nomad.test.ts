import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { nomad } from './nomad.ts';

describe('nomad', () => {
  itIdentifiesItsFixtures(nomad);
});

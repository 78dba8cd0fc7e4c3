import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { kubernetes } from './kubernetes.ts';

describe('kubernetes', () => {
  itIdentifiesItsFixtures(kubernetes);
});

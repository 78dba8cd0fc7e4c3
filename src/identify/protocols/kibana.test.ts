import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { kibana } from './kibana.ts';

describe('kibana', () => {
  itIdentifiesItsFixtures(kibana);
});

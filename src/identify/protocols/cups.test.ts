import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { cups } from './cups.ts';

describe('cups', () => {
  itIdentifiesItsFixtures(cups);
});

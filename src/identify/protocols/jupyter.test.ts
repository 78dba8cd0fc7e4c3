import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { jupyter } from './jupyter.ts';

describe('jupyter', () => {
  itIdentifiesItsFixtures(jupyter);
});

import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { jenkins } from './jenkins.ts';

describe('jenkins', () => {
  itIdentifiesItsFixtures(jenkins);
});

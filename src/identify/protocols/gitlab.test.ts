import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { gitlab } from './gitlab.ts';

describe('gitlab', () => {
  itIdentifiesItsFixtures(gitlab);
});

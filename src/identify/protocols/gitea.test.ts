import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { gitea } from './gitea.ts';

describe('gitea', () => {
  itIdentifiesItsFixtures(gitea);
});

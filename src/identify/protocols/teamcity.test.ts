import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { teamcity } from './teamcity.ts';

describe('teamcity', () => {
  itIdentifiesItsFixtures(teamcity);
});

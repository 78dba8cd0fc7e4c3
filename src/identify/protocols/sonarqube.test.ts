import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { sonarqube } from './sonarqube.ts';

describe('sonarqube', () => {
  itIdentifiesItsFixtures(sonarqube);
});

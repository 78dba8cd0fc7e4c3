import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { docker } from './docker.ts';

describe('docker', () => {
  itIdentifiesItsFixtures(docker);
});

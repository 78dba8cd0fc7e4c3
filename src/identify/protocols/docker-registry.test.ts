import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { dockerRegistry } from './docker-registry.ts';

describe('docker-registry', () => {
  itIdentifiesItsFixtures(dockerRegistry);
});

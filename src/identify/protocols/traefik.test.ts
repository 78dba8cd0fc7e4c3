import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { traefik } from './traefik.ts';

describe('traefik', () => {
  itIdentifiesItsFixtures(traefik);
});

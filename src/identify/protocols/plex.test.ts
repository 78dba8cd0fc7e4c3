import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { plex } from './plex.ts';

describe('plex', () => {
  itIdentifiesItsFixtures(plex);
});

import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { syncthing } from './syncthing.ts';

describe('syncthing', () => {
  itIdentifiesItsFixtures(syncthing);
});

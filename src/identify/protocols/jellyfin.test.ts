import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { jellyfin } from './jellyfin.ts';

describe('jellyfin', () => {
  itIdentifiesItsFixtures(jellyfin);
});

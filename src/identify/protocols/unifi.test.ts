import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { unifi } from './unifi.ts';

describe('unifi', () => {
  itIdentifiesItsFixtures(unifi);
});

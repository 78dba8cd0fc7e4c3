import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { nextcloud } from './nextcloud.ts';

describe('nextcloud', () => {
  itIdentifiesItsFixtures(nextcloud);
});

import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { alertmanager } from './alertmanager.ts';

describe('alertmanager', () => {
  itIdentifiesItsFixtures(alertmanager);
});

import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { cockpit } from './cockpit.ts';

describe('cockpit', () => {
  itIdentifiesItsFixtures(cockpit);
});

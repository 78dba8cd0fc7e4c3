import { describe } from 'vitest';
import { itIdentifiesItsFixtures } from '../../../test/helpers/fixture.ts';
import { portainer } from './portainer.ts';

describe('portainer', () => {
  itIdentifiesItsFixtures(portainer);
});
